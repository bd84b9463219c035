#include "services/messaging/rpc/request_validation.h"

#include "common/status/error.h"

namespace parley::messaging {
namespace {

constexpr std::size_t kMaxRequestIdBytes = 64;

absl::Status Invalid(const std::string& field, const std::string& problem) {
  return MakeError(kInvalidRequest, field + ": " + problem);
}

absl::Status CheckSet(const std::string& field, const std::string& value) {
  return value.empty() ? Invalid(field, "must be set") : absl::OkStatus();
}

absl::Status CheckRequestId(const std::string& request_id) {
  return request_id.size() > kMaxRequestIdBytes ? Invalid("request_id", "must be at most 64 bytes")
                                                : absl::OkStatus();
}

absl::Status CheckRoom(const v1::RoomReference& room) {
  switch (room.room_case()) {
    case v1::RoomReference::kRoomId:
      return CheckSet("room.room_id", room.room_id());
    case v1::RoomReference::kRoomIdHash:
      return CheckSet("room.room_id_hash", room.room_id_hash());
    case v1::RoomReference::ROOM_NOT_SET:
      break;
  }
  return Invalid("room", "must be set");
}

absl::Status CheckCredentials(const std::string& field, const v1::Credentials& credentials) {
  absl::Status status = CheckSet(field + ".participant_id", credentials.participant_id());
  if (status.ok()) status = CheckSet(field + ".key", credentials.key());
  return status;
}

absl::Status CheckRecipient(const v1::Recipient& to) {
  switch (to.recipient_case()) {
    case v1::Recipient::kEveryone:
      return absl::OkStatus();
    case v1::Recipient::kParticipantId:
      return CheckSet("to.participant_id", to.participant_id());
    case v1::Recipient::RECIPIENT_NOT_SET:
      break;
  }
  return Invalid("to", "must be set");
}

absl::Status CheckPosition(const std::string& field, const parley::common::v1::Position& position) {
  return position.incarnation() == 0 ? Invalid(field + ".incarnation", "must be set") : absl::OkStatus();
}

/// What every request that changes something has.
template <typename Request>
absl::Status CheckCommand(const Request& request) {
  absl::Status status = CheckRequestId(request.request_id());
  if (status.ok()) status = CheckRoom(request.room());
  if (status.ok()) status = CheckCredentials("from", request.from());
  return status;
}

}  // namespace

absl::Status Validate(const v1::SendMessageRequest& request) {
  absl::Status status = CheckCommand(request);
  if (status.ok()) status = CheckRecipient(request.to());
  return status;
}

absl::Status Validate(const v1::EditMessageRequest& request) {
  absl::Status status = CheckCommand(request);
  if (status.ok()) status = CheckSet("message_id", request.message_id());
  return status;
}

absl::Status Validate(const v1::DeleteMessageRequest& request) {
  absl::Status status = CheckCommand(request);
  if (status.ok()) status = CheckSet("message_id", request.message_id());
  return status;
}

absl::Status Validate(const v1::ListMessagesRequest& request) {
  absl::Status status = CheckRoom(request.room());
  if (status.ok()) status = CheckCredentials("credentials", request.credentials());
  if (status.ok() && request.page_size() < 0) status = Invalid("page_size", "must not be negative");
  if (status.ok() && request.has_membership_position()) {
    status = CheckPosition("membership_position", request.membership_position());
  }
  return status;
}

absl::Status Validate(const v1::AwaitMembershipRequest& request) {
  absl::Status status = CheckSet("room_id", request.room_id());
  if (status.ok()) status = CheckPosition("position", request.position());
  return status;
}

absl::Status Validate(const v1::ListMessageEventsRequest& request) {
  absl::Status status = CheckSet("room_id", request.room_id());
  if (status.ok()) status = CheckPosition("after", request.after());
  return status;
}

}  // namespace parley::messaging
