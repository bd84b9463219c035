#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "parley/room/v1/room_service.pb.h"

// Reading what clients send. Each function refuses what it can't take with an INVALID_REQUEST that names the
// field; lengths and meanings are the services' business.

namespace parley::edge {

/// The value of a member, or null when there is none, or when `object` isn't one.
const nlohmann::json& FieldOf(const nlohmann::json& object, std::string_view name);

/// A string that isn't empty.
absl::StatusOr<std::string> RequireString(const nlohmann::json& value, std::string_view field);

/// A string, or nothing when the value is null.
absl::StatusOr<std::optional<std::string>> OptionalString(const nlohmann::json& value,
                                                          std::string_view field);

/// A boolean, or nothing when the value is null.
absl::StatusOr<std::optional<bool>> OptionalBoolean(const nlohmann::json& value, std::string_view field);

/// {"id", "key"} of somebody, or nothing when the value is null.
absl::StatusOr<std::optional<room::v1::Credentials>> OptionalCredentials(const nlohmann::json& value,
                                                                         std::string_view field);

}  // namespace parley::edge
