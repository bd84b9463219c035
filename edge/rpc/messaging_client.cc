#include "edge/rpc/messaging_client.h"

namespace parley::edge {

MessagingClient::MessagingClient(const std::shared_ptr<grpc::Channel>& channel, CompletionLoop& loop,
                                 std::chrono::milliseconds timeout, TimerQueue& timers, const Clock& clock)
    : calls_("MessagingService", channel, loop, timers, clock), timeout_(timeout) {}

Reply<messaging::v1::SendMessageResponse> MessagingClient::SendMessage(
    messaging::v1::SendMessageRequest request) {
  return Call<messaging::v1::SendMessageResponse>(calls_, "SendMessage", std::move(request), timeout_);
}

Reply<messaging::v1::EditMessageResponse> MessagingClient::EditMessage(
    messaging::v1::EditMessageRequest request) {
  return Call<messaging::v1::EditMessageResponse>(calls_, "EditMessage", std::move(request), timeout_);
}

Reply<messaging::v1::DeleteMessageResponse> MessagingClient::DeleteMessage(
    messaging::v1::DeleteMessageRequest request) {
  return Call<messaging::v1::DeleteMessageResponse>(calls_, "DeleteMessage", std::move(request), timeout_);
}

Reply<messaging::v1::ListMessagesResponse> MessagingClient::ListMessages(
    messaging::v1::ListMessagesRequest request) {
  return Call<messaging::v1::ListMessagesResponse>(calls_, "ListMessages", std::move(request), timeout_);
}

Reply<messaging::v1::AwaitMembershipResponse> MessagingClient::AwaitMembership(
    messaging::v1::AwaitMembershipRequest request) {
  return Call<messaging::v1::AwaitMembershipResponse>(calls_, "AwaitMembership", std::move(request),
                                                      timeout_);
}

Reply<messaging::v1::ListMessageEventsResponse> MessagingClient::ListMessageEvents(
    messaging::v1::ListMessageEventsRequest request) {
  return Call<messaging::v1::ListMessageEventsResponse>(calls_, "ListMessageEvents", std::move(request),
                                                        timeout_);
}

}  // namespace parley::edge
