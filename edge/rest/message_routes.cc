// Routes that messaging-service decides on.

#include <utility>

#include "edge/rest/answers.h"
#include "edge/rest/message_requests.h"
#include "edge/rest/rest_api.h"
#include "edge/translate/json_object.h"
#include "edge/translate/json_types.h"

namespace parley::edge {

namespace net = boost::asio;
namespace http = server::http;

namespace {

server::Response MakeDoneResponse() {
  return MakeJsonResponse(http::status::ok, JsonObject().Boolean("success", true).Null("error").Take());
}

/// What is called may be repeated here, although the client has not asked for that to be safe.
template <typename Message>
void RequireRequestId(Message& message, IdSource& ids) {
  if (message.request_id().empty()) message.set_request_id(ids.Uuid());
}

}  // namespace

net::awaitable<server::Response> RestApi::SendMessage(const RoutedRequest& request) {
  auto send = ParseSendMessage(request, options_.max_json_depth);
  if (!send.ok()) co_return MakeErrorResponse(send.status());
  RequireRequestId(*send, ids_);
  const auto response = co_await messages_.SendMessage(*std::move(send));
  if (!response.ok()) co_return MakeErrorResponse(response.status());
  co_return MakeJsonResponse(
      http::status::ok,
      JsonObject().Boolean("success", true).Null("error").Json("data", ToJson(response->message())).Take());
}

net::awaitable<server::Response> RestApi::EditMessage(const RoutedRequest& request) {
  auto edit = ParseEditMessage(request, options_.max_json_depth);
  if (!edit.ok()) co_return MakeErrorResponse(edit.status());
  RequireRequestId(*edit, ids_);
  const auto response = co_await messages_.EditMessage(*std::move(edit));
  co_return response.ok() ? MakeDoneResponse() : MakeErrorResponse(response.status());
}

net::awaitable<server::Response> RestApi::DeleteMessage(const RoutedRequest& request) {
  auto remove = ParseDeleteMessage(request, options_.max_json_depth);
  if (!remove.ok()) co_return MakeErrorResponse(remove.status());
  RequireRequestId(*remove, ids_);
  const auto response = co_await messages_.DeleteMessage(*std::move(remove));
  co_return response.ok() ? MakeDoneResponse() : MakeErrorResponse(response.status());
}

}  // namespace parley::edge
