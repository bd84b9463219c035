#include "edge/rest/message_requests.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "common/ids/digest.h"
#include "edge/translate/fields.h"
#include "edge/translate/json_text.h"
#include "edge/translate/json_types.h"
#include "edge/translate/refusal.h"

namespace parley::edge {

namespace http = server::http;
using nlohmann::json;

namespace {

constexpr ErrorReason kNotJson{absl::StatusCode::kInvalidArgument, "NOT_JSON",
                               "Request must be 'Content-Type: application/json'"};

/// Parameters such as a charset may follow the type.
bool IsJson(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return absl::EqualsIgnoreCase(absl::string_view(type.data(), type.size()), "application/json");
}

/// The body, an object.
absl::StatusOr<json> ParseBody(const server::Request& request, std::size_t max_json_depth) {
  if (!IsJson(request[http::field::content_type])) return MakeError(kNotJson);
  absl::StatusOr<json> body = ParseJson(request.body(), max_json_depth);
  if (!body.ok()) return InvalidField("body", std::string(body.status().message()));
  if (!body->is_object()) return InvalidField("body", "must be an object");
  return body;
}

/// Fills in who acts in which room, and what makes a repetition of the request one.
template <typename Message>
absl::Status FillCommand(const RoutedRequest& request, const json& body, Message& message) {
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
    const std::string_view target = request.request.target();
    std::string scoped(target.substr(0, target.find('?')));
    for (const std::string_view part : {std::string_view(*id), std::string_view(*key), idempotency_key}) {
      scoped.append(1, '\0').append(part);
    }
    message.set_request_id(absl::BytesToHexString(Sha256(scoped)));
  }
  return absl::OkStatus();
}

/// Fills in the id of the message that is meant; `message` is another name of `messageId`.
template <typename Message>
absl::Status FillMessageId(const json& body, Message& message) {
  const json& message_id = FieldOf(body, "messageId");
  auto id = RequireString(message_id.is_null() ? FieldOf(body, "message") : message_id, "messageId");
  if (!id.ok()) return id.status();
  message.set_message_id(*std::move(id));
  return absl::OkStatus();
}

template <typename Message>
absl::Status FillContent(const json& body, Message& message) {
  auto content = RequireString(FieldOf(body, "content"), "content");
  if (!content.ok()) return content.status();
  message.set_content(*std::move(content));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<messaging::v1::SendMessageRequest> ParseSendMessage(const RoutedRequest& request,
                                                                   std::size_t max_json_depth) {
  const auto body = ParseBody(request.request, max_json_depth);
  if (!body.ok()) return body.status();
  messaging::v1::SendMessageRequest send;
  if (absl::Status status = FillCommand(request, *body, send); !status.ok()) return status;
  const auto to = RequireString(FieldOf(*body, "to"), "to");
  if (!to.ok()) return to.status();
  *send.mutable_to() = ToRecipient(*to);
  if (absl::Status status = FillContent(*body, send); !status.ok()) return status;
  return send;
}

absl::StatusOr<messaging::v1::EditMessageRequest> ParseEditMessage(const RoutedRequest& request,
                                                                   std::size_t max_json_depth) {
  const auto body = ParseBody(request.request, max_json_depth);
  if (!body.ok()) return body.status();
  messaging::v1::EditMessageRequest edit;
  if (absl::Status status = FillCommand(request, *body, edit); !status.ok()) return status;
  if (absl::Status status = FillMessageId(*body, edit); !status.ok()) return status;
  if (absl::Status status = FillContent(*body, edit); !status.ok()) return status;
  return edit;
}

absl::StatusOr<messaging::v1::DeleteMessageRequest> ParseDeleteMessage(const RoutedRequest& request,
                                                                       std::size_t max_json_depth) {
  const auto body = ParseBody(request.request, max_json_depth);
  if (!body.ok()) return body.status();
  messaging::v1::DeleteMessageRequest remove;
  if (absl::Status status = FillCommand(request, *body, remove); !status.ok()) return status;
  if (absl::Status status = FillMessageId(*body, remove); !status.ok()) return status;
  return remove;
}

}  // namespace parley::edge
