#include "common/status/error.h"

#include "absl/strings/cord.h"

namespace parley {
namespace {

// Statuses stay inside one process (the rpc layer translates them at the door), so these names and the
// encoding of the metadata need to agree with nobody else. Keys and values hold no NUL.
constexpr char kReasonPayload[] = "parley/reason";
constexpr char kMetadataPayload[] = "parley/metadata";

std::string EncodeMetadata(const std::map<std::string, std::string>& metadata) {
  std::string encoded;
  for (const auto& [key, value] : metadata) {
    encoded.append(key).push_back('\0');
    encoded.append(value).push_back('\0');
  }
  return encoded;
}

std::string PayloadOf(const absl::Status& status, const char* type) {
  const auto payload = status.GetPayload(type);
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status MakeError(const ErrorReason& error, std::string_view message,
                       const std::map<std::string, std::string>& metadata) {
  return MakeError(error.code, error.reason, message.empty() ? error.message : message, metadata);
}

absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message,
                       const std::map<std::string, std::string>& metadata) {
  absl::Status status(code, absl::string_view(message.data(), message.size()));
  if (!reason.empty()) status.SetPayload(kReasonPayload, absl::Cord(std::string(reason)));
  if (!metadata.empty()) status.SetPayload(kMetadataPayload, absl::Cord(EncodeMetadata(metadata)));
  return status;
}

std::string ReasonOf(const absl::Status& status) { return PayloadOf(status, kReasonPayload); }

std::map<std::string, std::string> MetadataOf(const absl::Status& status) {
  std::map<std::string, std::string> metadata;
  const std::string encoded = PayloadOf(status, kMetadataPayload);
  std::size_t at = 0;
  while (at < encoded.size()) {
    const std::size_t key_end = encoded.find('\0', at);
    const std::size_t value_end = encoded.find('\0', key_end + 1);
    metadata.emplace(encoded.substr(at, key_end - at), encoded.substr(key_end + 1, value_end - key_end - 1));
    at = value_end + 1;
  }
  return metadata;
}

bool Is(const absl::Status& status, const ErrorReason& error) {
  return status.code() == error.code && ReasonOf(status) == error.reason;
}

}  // namespace parley
