#include "common/grpc/status_conversion.h"

#include <map>
#include <string>

#include "absl/strings/cord.h"
#include "common/grpc/rpc_status.pb.h"
#include "common/log/log.h"
#include "common/status/error.h"

namespace parley::rpc {
namespace {

/// What gRPC says, which is for the log and not for clients: it names addresses.
constexpr char kCausePayload[] = "parley/cause";

}  // namespace

absl::Status Presentable(const absl::Status& status) {
  if (status.ok() || !ReasonOf(status).empty()) return status;
  log::Error("unexpected error", {{"cause", status.ToString()}});
  return MakeError(kInternal);
}

grpc::Status ToGrpcStatus(const absl::Status& error) {
  if (error.ok()) return grpc::Status::OK;
  const absl::Status status = Presentable(error);
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonOf(status));
  info.set_domain(kErrorDomain);
  for (const auto& [key, value] : MetadataOf(status)) (*info.mutable_metadata())[key] = value;
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  details.add_details()->PackFrom(info);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      details.SerializeAsString());
}

parley::common::v1::CallError ToCallError(const absl::Status& error) {
  const absl::Status status = Presentable(error);
  parley::common::v1::CallError call_error;
  call_error.set_code(static_cast<int>(status.code()));
  call_error.set_message(std::string(status.message()));
  call_error.set_reason(ReasonOf(status));
  for (const auto& [key, value] : MetadataOf(status)) (*call_error.mutable_metadata())[key] = value;
  return call_error;
}

absl::Status FromCallError(const parley::common::v1::CallError& error) {
  const auto code = static_cast<absl::StatusCode>(error.code());
  // As FromGrpcStatus: too late is too late, whoever says so.
  if (code == absl::StatusCode::kDeadlineExceeded) return MakeError(kServiceUnavailable);
  if (code == absl::StatusCode::kOk || error.reason().empty()) return MakeError(kInternal);
  return MakeError(code, error.reason(), error.message(), {error.metadata().begin(), error.metadata().end()});
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const bool too_late = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!too_late && details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      if (detail.UnpackTo(&info) && info.domain() == kErrorDomain) {
        return MakeError(static_cast<absl::StatusCode>(status.error_code()), info.reason(),
                         status.error_message(),
                         std::map<std::string, std::string>(info.metadata().begin(), info.metadata().end()));
      }
    }
  }
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
      break;
    default:
      log::Error("unexpected answer of a service",
                 {{"code", static_cast<int>(status.error_code())}, {"cause", status.error_message()}});
      return MakeError(kInternal);
  }
  absl::Status unavailable = MakeError(kServiceUnavailable);
  unavailable.SetPayload(kCausePayload, absl::Cord(status.error_message()));
  return unavailable;
}

}  // namespace parley::rpc
