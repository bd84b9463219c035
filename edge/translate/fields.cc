#include "edge/translate/fields.h"

#include "edge/translate/refusal.h"

namespace parley::edge {

using nlohmann::json;

const json& FieldOf(const json& object, std::string_view name) {
  static const json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

absl::StatusOr<std::string> RequireString(const json& value, std::string_view field) {
  if (value.is_null()) return InvalidField(field, "is missing");
  if (!value.is_string()) return InvalidField(field, "must be a string");
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty()) return InvalidField(field, "must not be empty");
  return text;
}

absl::StatusOr<std::optional<std::string>> OptionalString(const json& value, std::string_view field) {
  if (value.is_null()) return std::optional<std::string>();
  if (!value.is_string()) return InvalidField(field, "must be a string");
  return std::optional<std::string>(value.get<std::string>());
}

absl::StatusOr<std::optional<bool>> OptionalBoolean(const json& value, std::string_view field) {
  if (value.is_null()) return std::optional<bool>();
  if (!value.is_boolean()) return InvalidField(field, "must be true or false");
  return std::optional<bool>(value.get<bool>());
}

absl::StatusOr<std::optional<room::v1::Credentials>> OptionalCredentials(const json& value,
                                                                         std::string_view field) {
  if (value.is_null()) return std::optional<room::v1::Credentials>();
  if (!value.is_object()) return InvalidField(field, "must be an object");
  auto id = RequireString(FieldOf(value, "id"), std::string(field) + ".id");
  if (!id.ok()) return id.status();
  auto key = RequireString(FieldOf(value, "key"), std::string(field) + ".key");
  if (!key.ok()) return key.status();
  room::v1::Credentials credentials;
  credentials.set_participant_id(*std::move(id));
  credentials.set_key(*std::move(key));
  return credentials;
}

}  // namespace parley::edge
