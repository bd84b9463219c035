#include "common/grpc/server_call.h"

#include "common/grpc/status_conversion.h"
#include "common/log/log.h"

namespace parley::rpc {

ServerCall::ServerCall(grpc::CallbackServerContext* context, RpcCounter& counter, Subject subject)
    : reactor_(context->DefaultReactor()),
      counter_(&counter),
      deadline_(std::chrono::time_point_cast<Duration>(context->deadline())),
      subject_(subject) {}

void ServerCall::Finish(const absl::Status& status) const {
  const grpc::Status answer = ToGrpcStatus(status);
  counter_->Count(answer.error_code());
  if (log::Enabled(log::Level::kDebug)) {
    log::Debug("rpc", {{"rpc", counter_->rpc()},
                       {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(answer.error_code()))},
                       {"room_id", subject_.room_id},
                       {"participant_id", subject_.participant_id},
                       {"request_id", subject_.request_id}});
  }
  // The request, and with it the subject, may be gone from here on.
  reactor_->Finish(answer);
}

}  // namespace parley::rpc
