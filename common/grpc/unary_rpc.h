#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "common/clock/clock.h"
#include "common/grpc/rpc_counter.h"
#include "common/grpc/server_call.h"
#include "common/grpc/status_conversion.h"
#include "common/protobuf/arena_message.h"
#include "common/status/error.h"
#include "parley/common/v1/calls.pb.h"

namespace parley::rpc {

/// Takes the answers to the calls that came on one stream. Any thread.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  /// `fill` makes the answer of an empty one, as for UpdateSink::Push.
  virtual void Answer(absl::FunctionRef<void(parley::common::v1::Answer&)> fill) = 0;
};

/// A unary rpc as the stream of calls sees it.
class StreamedRpc {
 public:
  virtual ~StreamedRpc() = default;
  virtual const std::string& name() const = 0;
  /// Handles a call that was sent at `sent`; it answers `sink` once, before the member returns or later.
  virtual void ServeStreamed(const parley::common::v1::Call& call, Time sent,
                             std::shared_ptr<AnswerSink> sink) = 0;
};

/// What the log is told of a request, as far as it has such fields.
template <typename Request>
ServerCall::Subject SubjectOf(const Request& request) {
  ServerCall::Subject subject;
  if constexpr (requires { request.request_id(); }) subject.request_id = request.request_id();
  if constexpr (requires { request.room_id(); }) subject.room_id = request.room_id();
  if constexpr (requires { request.room().room_id(); }) subject.room_id = request.room().room_id();
  if constexpr (requires { request.credentials().participant_id(); })
    subject.participant_id = request.credentials().participant_id();
  if constexpr (requires { request.from().participant_id(); })
    subject.participant_id = request.from().participant_id();
  return subject;
}

/// One unary rpc of a service: leads the calls that come by the rpc's own method, and those that come on a
/// stream, to the same handler. All members may be called from any thread.
template <typename Request, typename Response>
class UnaryRpc final : public StreamedRpc {
 public:
  /// Answers by ServerCall::Finish; request and response live until then.
  using Handler = std::function<void(const ServerCall& call, const Request& request, Response* response)>;

  /// `name` as in the proto: "JoinRoom". `handler` is a member of `service`, which must outlive this.
  template <typename Service>
  UnaryRpc(const std::string& name, Service& service,
           void (Service::*handler)(const ServerCall&, const Request&, Response*))
      : counter_(name), handler_(std::bind_front(handler, &service)) {}

  const std::string& name() const override { return counter_.rpc(); }

  /// What the rpc's own method does.
  grpc::ServerUnaryReactor* Serve(grpc::CallbackServerContext* context, const Request* request,
                                  Response* response) {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    const Time deadline = std::chrono::time_point_cast<Duration>(context->deadline());
    handler_(ServerCall(std::make_shared<ReactorSink>(reactor), counter_, deadline, SubjectOf(*request)),
             *request, response);
    return reactor;
  }

  void ServeStreamed(const parley::common::v1::Call& call, Time sent,
                     std::shared_ptr<AnswerSink> sink) override {
    auto streamed = std::make_shared<StreamedCall>(call.number(), std::move(sink));
    const Request& request = *streamed->request;
    const bool parsed = streamed->request->ParseFromString(call.request());
    const Time deadline = call.timeout_ms() == 0 ? Time::max() : sent + Duration(call.timeout_ms());
    Response* const response = &*streamed->response;
    const ServerCall server_call(std::move(streamed), counter_, deadline, SubjectOf(request));
    if (!parsed) return server_call.Finish(MakeError(kInvalidRequest, "request: can't be decoded"));
    handler_(server_call, request, response);
  }

 private:
  struct ReactorSink final : ServerCall::Sink {
    explicit ReactorSink(grpc::ServerUnaryReactor* unary) : reactor(unary) {}
    void Finish(const absl::Status& status) override { reactor->Finish(ToGrpcStatus(status)); }

    grpc::ServerUnaryReactor* const reactor;
  };

  struct StreamedCall final : ServerCall::Sink {
    StreamedCall(std::uint64_t call_number, std::shared_ptr<AnswerSink> answer_sink)
        : number(call_number), sink(std::move(answer_sink)) {}

    void Finish(const absl::Status& status) override {
      sink->Answer([&](parley::common::v1::Answer& answer) {
        answer.set_number(number);
        if (status.ok()) {
          response->SerializeToString(answer.mutable_response());
        } else {
          *answer.mutable_error() = ToCallError(status);
        }
      });
    }

    const std::uint64_t number;
    const std::shared_ptr<AnswerSink> sink;
    ArenaMessage<Request, 1024> request;
    ArenaMessage<Response, 1024> response;
  };

  // Constant after construction, but for its counts.
  RpcCounter counter_;
  const Handler handler_;
};

}  // namespace parley::rpc
