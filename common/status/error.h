#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parley {

/// One way in which a request can be refused. `reason` is the stable word that programs compare, `message`
/// the text for people; both are part of the public contract.
struct ErrorReason {
  absl::StatusCode code;
  std::string_view reason;
  std::string_view message;
};

/// Makes a status that remembers its reason. `message` replaces the reason's own text where a more precise
/// one can be given; `metadata` is passed on to the caller's program (never secrets).
absl::Status MakeError(const ErrorReason& error, std::string_view message = {},
                       const std::map<std::string, std::string>& metadata = {});

/// The same from loose parts, for errors that arrive over the wire.
absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const std::map<std::string, std::string>& metadata = {});

/// The reason that MakeError put in; empty when the status has none.
std::string ReasonOf(const absl::Status& status);

/// The metadata that MakeError put in; empty when the status has none.
std::map<std::string, std::string> MetadataOf(const absl::Status& status);

/// Whether `status` was made from `error`.
bool Is(const absl::Status& status, const ErrorReason& error);

// Reasons that every service may give.
inline constexpr ErrorReason kServiceUnavailable{absl::StatusCode::kUnavailable, "SERVICE_UNAVAILABLE",
                                                 "The service is temporarily unavailable"};
/// The request had no effect.
inline constexpr ErrorReason kStorageUnavailable{absl::StatusCode::kUnavailable, "STORAGE_UNAVAILABLE",
                                                 "Nothing can be stored at present"};
inline constexpr ErrorReason kShuttingDown{absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
                                           "The service is shutting down"};
inline constexpr ErrorReason kInternal{absl::StatusCode::kInternal, "INTERNAL", "Internal error"};
inline constexpr ErrorReason kInvalidRequest{absl::StatusCode::kInvalidArgument, "INVALID_REQUEST",
                                             "The request is invalid"};
inline constexpr ErrorReason kUnknownRpc{absl::StatusCode::kUnimplemented, "UNKNOWN_RPC",
                                         "There is no such rpc"};
inline constexpr ErrorReason kWatcherTooSlow{absl::StatusCode::kResourceExhausted, "WATCHER_TOO_SLOW",
                                             "The watcher fell too far behind"};
inline constexpr ErrorReason kRoomNotFound{absl::StatusCode::kNotFound, "ROOM_NOT_FOUND",
                                           "The room doesn't exist"};
inline constexpr ErrorReason kPositionNotServed{absl::StatusCode::kOutOfRange, "POSITION_NOT_SERVED",
                                                "The events that follow the position can't be had any more"};
inline constexpr ErrorReason kKeyMismatch{absl::StatusCode::kPermissionDenied, "KEY_MISMATCH",
                                          "The key did not match"};

}  // namespace parley
