#pragma once

#include <grpcpp/grpcpp.h>

#include <string_view>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/grpc/rpc_counter.h"

namespace parley::rpc {

/// The service's end of one unary call: answers it, counts it and tells the log. A copy stands for the same
/// call, so that callbacks can hold it. May be used from any thread until Finish.
class ServerCall {
 public:
  /// What the log is told of the call; fields of the request, which lives until Finish.
  struct Subject {
    std::string_view request_id;
    std::string_view room_id;
    std::string_view participant_id;
  };

  /// `counter` must outlive the call.
  ServerCall(grpc::CallbackServerContext* context, RpcCounter& counter, Subject subject);

  /// When the caller stops waiting; Time::max() when never.
  Time deadline() const { return deadline_; }

  /// Ends the call, once. On success the response has to be complete.
  void Finish(const absl::Status& status) const;

  /// What the handler returns to gRPC.
  grpc::ServerUnaryReactor* reactor() const { return reactor_; }

 private:
  // Constant after construction.
  grpc::ServerUnaryReactor* reactor_;
  RpcCounter* counter_;
  Time deadline_;
  Subject subject_;
};

}  // namespace parley::rpc
