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
  using Service = messaging::v1::MessagingService;

  /// `timeout` bounds every call; after it the call fails with SERVICE_UNAVAILABLE.
  MessagingClient(const std::shared_ptr<grpc::Channel>& channel, std::chrono::milliseconds timeout);

  Reply<messaging::v1::SendMessageResponse> SendMessage(messaging::v1::SendMessageRequest request);
  Reply<messaging::v1::EditMessageResponse> EditMessage(messaging::v1::EditMessageRequest request);
  Reply<messaging::v1::DeleteMessageResponse> DeleteMessage(messaging::v1::DeleteMessageRequest request);
  Reply<messaging::v1::ListMessagesResponse> ListMessages(messaging::v1::ListMessagesRequest request);
  Reply<messaging::v1::AwaitMembershipResponse> AwaitMembership(
      messaging::v1::AwaitMembershipRequest request);
  Reply<messaging::v1::ListMessageEventsResponse> ListMessageEvents(
      messaging::v1::ListMessageEventsRequest request);

 private:
  const std::unique_ptr<Service::Stub> stub_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace parley::edge
