#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/status/error.h"

namespace parley::edge {

// Refusals that the edge itself gives.
inline constexpr ErrorReason kAlreadyInRoom{absl::StatusCode::kFailedPrecondition, "ALREADY_IN_ROOM",
                                            "You are in a room already"};
inline constexpr ErrorReason kNotInRoom{absl::StatusCode::kFailedPrecondition, "NOT_IN_ROOM",
                                        "You are not in a room"};
inline constexpr ErrorReason kUnknownEvent{absl::StatusCode::kNotFound, "UNKNOWN_EVENT",
                                           "There is no such event"};
inline constexpr ErrorReason kMediaNotRouted{absl::StatusCode::kUnimplemented, "MEDIA_NOT_ROUTED",
                                             "Media is not routed by this server"};

/// An error as clients see it.
struct Refusal {
  /// As in HTTP, for events too.
  int status = 500;
  /// Stable word for programs.
  std::string code;
  /// Text for people.
  std::string error;
  /// In seconds, rounded up, where trying again later makes sense.
  std::optional<int> retry_after;
};

/// Translates an error that isn't OK.
Refusal ToRefusal(const absl::Status& status);

/// A refusal for an argument or field; `problem` continues its name, such as "must be a string".
absl::Status InvalidField(std::string_view field, std::string_view problem);

}  // namespace parley::edge
