#include "edge/rpc/messaging_client.h"

namespace parley::edge {

using Async = messaging::v1::MessagingService::StubInterface::async_interface;

MessagingClient::MessagingClient(const std::shared_ptr<grpc::Channel>& channel,
                                 std::chrono::milliseconds timeout)
    : stub_(Service::NewStub(channel)), timeout_(timeout) {}

Reply<messaging::v1::SendMessageResponse> MessagingClient::SendMessage(
    messaging::v1::SendMessageRequest request) {
  return Call(*stub_->async(), &Async::SendMessage, std::move(request), timeout_);
}

Reply<messaging::v1::EditMessageResponse> MessagingClient::EditMessage(
    messaging::v1::EditMessageRequest request) {
  return Call(*stub_->async(), &Async::EditMessage, std::move(request), timeout_);
}

Reply<messaging::v1::DeleteMessageResponse> MessagingClient::DeleteMessage(
    messaging::v1::DeleteMessageRequest request) {
  return Call(*stub_->async(), &Async::DeleteMessage, std::move(request), timeout_);
}

Reply<messaging::v1::ListMessagesResponse> MessagingClient::ListMessages(
    messaging::v1::ListMessagesRequest request) {
  return Call(*stub_->async(), &Async::ListMessages, std::move(request), timeout_);
}

Reply<messaging::v1::AwaitMembershipResponse> MessagingClient::AwaitMembership(
    messaging::v1::AwaitMembershipRequest request) {
  return Call(*stub_->async(), &Async::AwaitMembership, std::move(request), timeout_);
}

Reply<messaging::v1::ListMessageEventsResponse> MessagingClient::ListMessageEvents(
    messaging::v1::ListMessageEventsRequest request) {
  return Call(*stub_->async(), &Async::ListMessageEvents, std::move(request), timeout_);
}

}  // namespace parley::edge
