// Events that messaging-service decides on.

#include <utility>

#include "edge/events/client_session.h"
#include "edge/translate/fields.h"
#include "edge/translate/json_types.h"
#include "edge/translate/refusal.h"

namespace parley::edge {

namespace net = boost::asio;

template <typename Request>
Request ClientSession::MakeMessageRequest() {
  Request request;
  request.set_request_id(RequestId());
  request.mutable_room()->set_room_id(participation_->room_id);
  request.mutable_from()->set_participant_id(participation_->credentials.participant_id());
  request.mutable_from()->set_key(participation_->credentials.key());
  return request;
}

net::awaitable<EventResult> ClientSession::SendMessage(Arguments arguments) {
  const auto to = RequireString(arguments[0], "to");
  if (!to.ok()) co_return to.status();
  auto content = RequireString(arguments[1], "content");
  if (!content.ok()) co_return content.status();
  if (!participation_) co_return MakeError(kNotInRoom);
  auto request = MakeMessageRequest<messaging::v1::SendMessageRequest>();
  *request.mutable_to() = ToRecipient(*to);
  request.set_content(*std::move(content));
  const auto response = co_await services_.messages.SendMessage(std::move(request));
  if (!response.ok()) co_return response.status();
  co_return ToJson(response->message());
}

net::awaitable<EventResult> ClientSession::EditMessage(Arguments arguments) {
  auto message_id = RequireString(arguments[0], "messageId");
  if (!message_id.ok()) co_return message_id.status();
  auto content = RequireString(arguments[1], "content");
  if (!content.ok()) co_return content.status();
  if (!participation_) co_return MakeError(kNotInRoom);
  auto request = MakeMessageRequest<messaging::v1::EditMessageRequest>();
  request.set_message_id(*std::move(message_id));
  request.set_content(*std::move(content));
  const auto response = co_await services_.messages.EditMessage(std::move(request));
  co_return response.status();
}

net::awaitable<EventResult> ClientSession::DeleteMessage(Arguments arguments) {
  auto message_id = RequireString(arguments[0], "messageId");
  if (!message_id.ok()) co_return message_id.status();
  if (!participation_) co_return MakeError(kNotInRoom);
  auto request = MakeMessageRequest<messaging::v1::DeleteMessageRequest>();
  request.set_message_id(*std::move(message_id));
  const auto response = co_await services_.messages.DeleteMessage(std::move(request));
  co_return response.status();
}

}  // namespace parley::edge
