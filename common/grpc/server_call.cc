#include "common/grpc/server_call.h"

#include "common/grpc/status_conversion.h"
#include "common/log/log.h"

namespace parley::rpc {

void ServerCall::Finish(const absl::Status& status) const {
  const absl::Status answer = Presentable(status);
  counter_->Count(static_cast<grpc::StatusCode>(answer.code()));
  if (log::Enabled(log::Level::kDebug)) {
    log::Debug("rpc", {{"rpc", counter_->rpc()},
                       {"code", absl::StatusCodeToString(answer.code())},
                       {"room_id", subject_.room_id},
                       {"participant_id", subject_.participant_id},
                       {"request_id", subject_.request_id}});
  }
  // The request, and with it the subject, may be gone from here on.
  sink_->Finish(answer);
}

}  // namespace parley::rpc
