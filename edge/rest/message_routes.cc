// Routes that messaging-service decides on.

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "common/ids/digest.h"
#include "edge/rest/answers.h"
#include "edge/rest/rest_api.h"
#include "edge/translate/fields.h"
#include "edge/translate/json_text.h"
#include "edge/translate/json_types.h"
#include "edge/translate/refusal.h"

namespace parley::edge {

namespace net = boost::asio;
namespace http = server::http;

namespace {

constexpr ErrorReason kNotJson{absl::StatusCode::kInvalidArgument, "NOT_JSON",
                               "Request must be 'Content-Type: application/json'"};

/// Parameters such as a charset may follow the type.
bool IsJson(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return absl::EqualsIgnoreCase(absl::string_view(type.data(), type.size()), "application/json");
}

server::Response MakeDoneResponse() {
  return MakeJsonResponse(http::status::ok, {{"success", true}, {"error", nullptr}});
}

/// The id of the message that is meant; `message` is another name of `messageId`.
absl::StatusOr<std::string> MessageId(const json& body) {
  const json& message_id = FieldOf(body, "messageId");
  return RequireString(message_id.is_null() ? FieldOf(body, "message") : message_id, "messageId");
}

}  // namespace

absl::StatusOr<json> RestApi::ParseBody(const server::Request& request) const {
  if (!IsJson(request[http::field::content_type])) return MakeError(kNotJson);
  absl::StatusOr<json> body = ParseJson(request.body(), options_.max_json_depth);
  if (!body.ok()) return InvalidField("body", std::string(body.status().message()));
  if (!body->is_object()) return InvalidField("body", "must be an object");
  return body;
}

template <typename Message>
absl::Status RestApi::FillCommand(const RoutedRequest& request, const json& body, Message& message) const {
  const json& from = FieldOf(body, "from");
  if (from.is_null()) return InvalidField("from", "is missing");
  if (!from.is_object()) return InvalidField("from", "must be an object");
  const auto id = RequireString(FieldOf(from, "id"), "from.id");
  if (!id.ok()) return id.status();
  const auto key = RequireString(FieldOf(from, "key"), "from.key");
  if (!key.ok()) return key.status();
  message.mutable_from()->set_participant_id(*id);
  message.mutable_from()->set_key(*key);
  message.mutable_room()->set_room_id_hash(request.parameter);
  const std::string_view idempotency_key = request.request["Idempotency-Key"];
  if (!idempotency_key.empty()) {
    // Whoever doesn't hold the participant's key can't meet its request ids, by chance or on purpose.
    std::string scoped = std::string(request.request.target());
    for (const std::string_view part : {std::string_view(*id), std::string_view(*key), idempotency_key}) {
      scoped.append(1, '\0').append(part);
    }
    message.set_request_id(absl::BytesToHexString(Sha256(scoped)));
  }
  return absl::OkStatus();
}

net::awaitable<server::Response> RestApi::SendMessage(const RoutedRequest& request) {
  const auto body = ParseBody(request.request);
  if (!body.ok()) co_return MakeErrorResponse(body.status());
  messaging::v1::SendMessageRequest send;
  if (absl::Status status = FillCommand(request, *body, send); !status.ok())
    co_return MakeErrorResponse(status);
  const auto to = RequireString(FieldOf(*body, "to"), "to");
  if (!to.ok()) co_return MakeErrorResponse(to.status());
  auto content = RequireString(FieldOf(*body, "content"), "content");
  if (!content.ok()) co_return MakeErrorResponse(content.status());
  *send.mutable_to() = ToRecipient(*to);
  send.set_content(*std::move(content));
  const auto response = co_await messages_.SendMessage(std::move(send));
  if (!response.ok()) co_return MakeErrorResponse(response.status());
  co_return MakeJsonResponse(http::status::ok,
                             {{"success", true}, {"error", nullptr}, {"data", ToJson(response->message())}});
}

net::awaitable<server::Response> RestApi::EditMessage(const RoutedRequest& request) {
  const auto body = ParseBody(request.request);
  if (!body.ok()) co_return MakeErrorResponse(body.status());
  messaging::v1::EditMessageRequest edit;
  if (absl::Status status = FillCommand(request, *body, edit); !status.ok())
    co_return MakeErrorResponse(status);
  auto message_id = MessageId(*body);
  if (!message_id.ok()) co_return MakeErrorResponse(message_id.status());
  auto content = RequireString(FieldOf(*body, "content"), "content");
  if (!content.ok()) co_return MakeErrorResponse(content.status());
  edit.set_message_id(*std::move(message_id));
  edit.set_content(*std::move(content));
  const auto response = co_await messages_.EditMessage(std::move(edit));
  co_return response.ok() ? MakeDoneResponse() : MakeErrorResponse(response.status());
}

net::awaitable<server::Response> RestApi::DeleteMessage(const RoutedRequest& request) {
  const auto body = ParseBody(request.request);
  if (!body.ok()) co_return MakeErrorResponse(body.status());
  messaging::v1::DeleteMessageRequest remove;
  if (absl::Status status = FillCommand(request, *body, remove); !status.ok()) {
    co_return MakeErrorResponse(status);
  }
  auto message_id = MessageId(*body);
  if (!message_id.ok()) co_return MakeErrorResponse(message_id.status());
  remove.set_message_id(*std::move(message_id));
  const auto response = co_await messages_.DeleteMessage(std::move(remove));
  co_return response.ok() ? MakeDoneResponse() : MakeErrorResponse(response.status());
}

}  // namespace parley::edge
