#include "edge/rpc/messaging_client.h"

#include <string>
#include <utility>

namespace parley::edge {

MessagingClient::MessagingClient(const std::shared_ptr<grpc::Channel>& channel, CompletionLoop& loop,
                                 std::chrono::milliseconds timeout, TimerQueue& timers, const Clock& clock)
    : calls_("MessagingService", channel, loop, timers, clock), timeout_(timeout) {}

template <typename Response, typename Request>
Reply<Response> MessagingClient::CallForNews(const char* rpc, Request request) {
  std::string room_id = request.room().room_id();
  return Call<Response>(calls_, rpc, std::move(request), timeout_, std::move(room_id));
}

Reply<messaging::v1::SendMessageResponse> MessagingClient::SendMessage(
    messaging::v1::SendMessageRequest request) {
  return CallForNews<messaging::v1::SendMessageResponse>("SendMessage", std::move(request));
}

Reply<messaging::v1::EditMessageResponse> MessagingClient::EditMessage(
    messaging::v1::EditMessageRequest request) {
  return CallForNews<messaging::v1::EditMessageResponse>("EditMessage", std::move(request));
}

Reply<messaging::v1::DeleteMessageResponse> MessagingClient::DeleteMessage(
    messaging::v1::DeleteMessageRequest request) {
  return CallForNews<messaging::v1::DeleteMessageResponse>("DeleteMessage", std::move(request));
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
