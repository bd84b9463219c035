#pragma once

#include <chrono>
#include <memory>

#include "edge/rpc/call.h"
#include "edge/rpc/watches.h"
#include "parley/messaging/v1/messaging_service.grpc.pb.h"

namespace parley::edge {

/// messaging-service as coroutines see it: each member is the rpc of that name, repeated as Call does. May be
/// used on any worker.
class MessagingClient {
 public:
  /// `timeout` bounds every call; after it the call fails with SERVICE_UNAVAILABLE.
  /// `loop`, `timers` and `clock` must outlive the client.
  MessagingClient(const std::shared_ptr<grpc::Channel>& channel, CompletionLoop& loop,
                  std::chrono::milliseconds timeout, TimerQueue& timers, const Clock& clock);

  /// What tells `observer`, which must live until Stop, of rooms' messages. To be called once, before Start.
  MessageWatch& MakeWatch(MessageWatch::Observer& observer) { return calls_.MakeWatch("messages", observer); }

  /// Connects; what is called before waits for that.
  void Start() { calls_.Start(); }

  /// Ends what it has open; calls are not answered any more, and nothing is told of rooms. Not on a worker's
  /// or gRPC's thread.
  void Stop() { calls_.Stop(); }

  Reply<messaging::v1::SendMessageResponse> SendMessage(messaging::v1::SendMessageRequest request);
  Reply<messaging::v1::EditMessageResponse> EditMessage(messaging::v1::EditMessageRequest request);
  Reply<messaging::v1::DeleteMessageResponse> DeleteMessage(messaging::v1::DeleteMessageRequest request);
  Reply<messaging::v1::ListMessagesResponse> ListMessages(messaging::v1::ListMessagesRequest request);
  Reply<messaging::v1::AwaitMembershipResponse> AwaitMembership(
      messaging::v1::AwaitMembershipRequest request);
  Reply<messaging::v1::ListMessageEventsResponse> ListMessageEvents(
      messaging::v1::ListMessageEventsRequest request);

 private:
  struct Calls {
    using Service = messaging::v1::MessagingService;
    using Request = messaging::v1::MakeCallsRequest;
    using Response = messaging::v1::MakeCallsResponse;
    using Watch = MessageWatch;
    static std::unique_ptr<grpc::ClientAsyncReaderWriter<Request, Response>> Prepare(
        Service::Stub& stub, grpc::ClientContext* context, grpc::CompletionQueue* queue) {
      return stub.PrepareAsyncMakeCalls(context, queue);
    }
  };

  /// Calls an rpc that makes news of the request's room.
  template <typename Response, typename Request>
  Reply<Response> CallForNews(const char* rpc, Request request);

  CallClient<Calls> calls_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace parley::edge
