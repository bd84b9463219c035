// What REST makes of a POST. The input is the route's last word, the content type, the Idempotency-Key, each
// with a line of its own, and the body.

#include <string>

#include "common/status/error.h"
#include "edge/rest/message_requests.h"
#include "edge/translate/refusal.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/json_depth.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 8;
// Those who compare with the parser's own tree must be able to build it.
constexpr std::size_t kMaxBody = 4096;

server::Request MakeRequest(std::string_view verb, std::string_view content_type, std::string_view key,
                            std::string_view body) {
  namespace http = server::http;
  server::Request request(http::verb::post, "/api/0123456789abcdef0123456789abcdef/" + std::string(verb), 11);
  request.set(http::field::content_type, content_type);
  if (!key.empty()) request.set("Idempotency-Key", key);
  request.body() = body;
  return request;
}

std::string TextIn(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// What the contract says a body must hold, read from it without further ado.
struct Body {
  explicit Body(std::string_view text) : parsed(json::parse(text, nullptr, /*allow_exceptions=*/false)) {
    // To the parser alone a NUL is the end of the text.
    if (text.find('\0') != std::string_view::npos) return;
    if (!parsed.is_object() || DepthOf(parsed) > kMaxDepth) return;
    const json from = parsed.value("from", json());
    id = TextIn(from, "id");
    key = TextIn(from, "key");
    content = TextIn(parsed, "content");
    to = TextIn(parsed, "to");
    message_id = TextIn(parsed, parsed.value("messageId", json()).is_null() ? "message" : "messageId");
    authentic = !id.empty() && !key.empty();
  }

  json parsed;
  std::string id, key, content, to, message_id;
  bool authentic = false;
};

void CheckFields(const messaging::v1::SendMessageRequest& send, const Body& body) {
  Require(send.content() == body.content, "the content is exactly as it was sent");
  Require(send.to().has_everyone() ? body.to == "everyone" : send.to().participant_id() == body.to,
          "the recipient is the one that was named");
}

void CheckFields(const messaging::v1::EditMessageRequest& edit, const Body& body) {
  Require(edit.content() == body.content, "the content is exactly as it was sent");
  Require(edit.message_id() == body.message_id, "the message is the one that was named");
}

void CheckFields(const messaging::v1::DeleteMessageRequest& remove, const Body& body) {
  Require(remove.message_id() == body.message_id, "the message is the one that was named");
}

void CheckRefusal(const absl::Status& status) {
  const edge::Refusal refusal = edge::ToRefusal(status);
  Require(refusal.status == 400 && !refusal.error.empty(),
          "what can't be read is refused with 400 and a text");
  Require(refusal.code == "NOT_JSON" || refusal.code == "INVALID_REQUEST", "and with a code of the contract");
  Require(json::accept(json(refusal.error).dump()), "that can be said in JSON");
}

/// `complete`: all fields that the route asks for are there.
template <typename Message>
void Check(absl::StatusOr<Message> (*parse)(const edge::RoutedRequest&, std::size_t),
           const server::Request& request, const Body& body, bool complete) {
  const std::string room = "0123456789abcdef0123456789abcdef";
  const auto message = parse({request, room}, kMaxDepth);
  const bool is_json = message.ok() || ReasonOf(message.status()) != "NOT_JSON";
  if (is_json) Require(message.ok() == complete, "what the contract asks for is taken, and nothing less");
  if (!message.ok()) return CheckRefusal(message.status());

  CheckFields(*message, body);
  Require(message->from().participant_id() == body.id && message->from().key() == body.key,
          "who acts is who was named");
  Require(message->room().room_id_hash() == room, "the room is the path's");
  Message received;
  Require(received.ParseFromString(message->SerializeAsString()), "the service can read it");
  Require(message->request_id().empty() == request["Idempotency-Key"].empty(),
          "a key makes a request id, and nothing else does");
  Require(message->request_id().size() <= 64, "a request id is not too long for the service");
  const auto repeated = parse({request, room}, kMaxDepth);
  Require(repeated.ok() && repeated->request_id() == message->request_id(), "repetitions have the same id");
}

void Check(std::string_view input) {
  const std::string_view verb = TakeUntil(input, '\n');
  const std::string_view content_type = TakeUntil(input, '\n');
  const std::string_view idempotency_key = TakeUntil(input, '\n');
  if (input.size() > kMaxBody) return;
  const server::Request request = MakeRequest(verb, content_type, idempotency_key, input);
  const Body body(input);
  if (verb == "send") {
    Check(&edge::ParseSendMessage, request, body,
          body.authentic && !body.to.empty() && !body.content.empty());
  } else if (verb == "edit") {
    Check(&edge::ParseEditMessage, request, body,
          body.authentic && !body.message_id.empty() && !body.content.empty());
  } else if (verb == "delete") {
    Check(&edge::ParseDeleteMessage, request, body, body.authentic && !body.message_id.empty());
  }
}

}  // namespace
}  // namespace parley::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  parley::fuzz::Check(parley::fuzz::AsText(data, size));
  return 0;
}
