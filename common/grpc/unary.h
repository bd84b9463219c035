#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "common/grpc/status_conversion.h"

namespace parley::rpc {

/// Calls a unary rpc and hands over what it came to, once, on one of gRPC's threads. `method` is a member of
/// the stub's async interface:
///   CallUnary(*stub->async(), &RoomService::Stub::async_interface::GetRoom, request, timeout, done)
/// `done` takes absl::StatusOr<Response>. Fails with UNAVAILABLE when no answer came within `timeout`.
template <typename Async, typename AsyncBase, typename Request, typename Response, typename Done>
void CallUnary(Async& async,
               void (AsyncBase::*method)(grpc::ClientContext*, const Request*, Response*,
                                         std::function<void(grpc::Status)>),
               Request request, std::chrono::milliseconds timeout, Done done) {
  // A context can't be moved, so the call is made where it stays.
  struct Call {
    Call(Request request_in, Done done_in) : request(std::move(request_in)), done(std::move(done_in)) {}

    grpc::ClientContext context;
    Request request;
    Response response;
    Done done;
  };
  auto call = std::make_shared<Call>(std::move(request), std::move(done));
  call->context.set_deadline(std::chrono::system_clock::now() + timeout);
  (async.*method)(&call->context, &call->request, &call->response, [call](const grpc::Status& status) {
    if (status.ok()) {
      call->done(absl::StatusOr<Response>(std::move(call->response)));
    } else {
      call->done(absl::StatusOr<Response>(FromGrpcStatus(status)));
    }
  });
}

}  // namespace parley::rpc
