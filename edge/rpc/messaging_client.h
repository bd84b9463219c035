#pragma once

#include <chrono>
#include <memory>

#include "edge/rpc/call.h"
#include "parley/messaging/v1/messaging_service.grpc.pb.h"

namespace parley::edge {

/// messaging-service as coroutines see it: each member is the rpc of that name, repeated as Call does. May be
/// used on any worker.
class MessagingClient {
 public:
  /// `timeout` bounds every call; after it the call fails with SERVICE_UNAVAILABLE.
  /// `timers` and `clock` must outlive the client.
  MessagingClient(const std::shared_ptr<grpc::Channel>& channel, std::chrono::milliseconds timeout,
                  TimerQueue& timers, const Clock& clock);

  /// Ends what it has open; calls are not answered any more. Not on a worker's or gRPC's thread.
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
    static void Open(Service::Stub& stub, grpc::ClientContext* context,
                     grpc::ClientBidiReactor<Request, Response>* reactor) {
      stub.async()->MakeCalls(context, reactor);
    }
  };

  CallClient<Calls> calls_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace parley::edge
