#include "edge/translate/refusal.h"

#include <cstdlib>

namespace parley::edge {
namespace {

int ToHttpStatus(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return 503;
    default:
      return 500;
  }
}

constexpr int kRetryAfterUnavailable = 1;

}  // namespace

Refusal ToRefusal(const absl::Status& status) {
  Refusal refusal;
  refusal.status = ToHttpStatus(status.code());
  refusal.code = ReasonOf(status);
  refusal.error = std::string(status.message());
  if (refusal.code.empty()) {
    // Not meant for the outside; whoever made it has logged it.
    refusal.code = kInternal.reason;
    refusal.error = kInternal.message;
  }
  const auto metadata = MetadataOf(status);
  if (const auto found = metadata.find("retry_after_ms"); found != metadata.end()) {
    const long milliseconds = std::strtol(found->second.c_str(), nullptr, 10);
    refusal.retry_after = static_cast<int>(std::max(1L, (milliseconds + 999) / 1000));
  } else if (refusal.status == 503) {
    refusal.retry_after = kRetryAfterUnavailable;
  }
  return refusal;
}

absl::Status InvalidField(std::string_view field, std::string_view problem) {
  return MakeError(kInvalidRequest, std::string(field) + ": " + std::string(problem));
}

}  // namespace parley::edge
