#include "services/room/store/room_messages.h"

#include <utility>

#include "common/grpc/position_conversion.h"
#include "common/ids/digest.h"

namespace parley::room {
namespace {

v1::Role ToMessage(Role role) { return role == Role::kHost ? v1::ROLE_HOST : v1::ROLE_PARTICIPANT; }

struct FillAudience {
  common::v1::Audience& message;

  void operator()(const Everyone&) const { message.mutable_everyone(); }

  void operator()(const EveryoneExcept& except) const {
    message.mutable_everyone_except()->set_participant_id(except.participant_id);
  }

  void operator()(const Participants& participants) const {
    auto& ids = *message.mutable_participants()->mutable_participant_ids();
    ids.Assign(participants.participant_ids.begin(), participants.participant_ids.end());
  }
};

/// What others in the room may know of a participant.
void FillVisible(const Participant& participant, v1::Participant& message) {
  message.set_id(participant.id);
  message.set_name(participant.name);
  *message.mutable_media_state() = ToMessage(participant.media_state);
  message.set_role(ToMessage(participant.role));
  *message.mutable_join_time() = rpc::ToProto(participant.join_time);
  if (participant.return_deadline) {
    *message.mutable_return_deadline() = rpc::ToProto(*participant.return_deadline);
  }
}

void FillWithoutParticipants(const Room& room, v1::Room& message) {
  message.set_id(room.id);
  message.set_id_hash(Md5Hex(room.id));
  message.set_name(room.name);
  *message.mutable_create_time() = rpc::ToProto(room.create_time);
}

}  // namespace

v1::MediaState ToMessage(const MediaState& media_state) {
  v1::MediaState message;
  message.set_camera_enabled(media_state.camera_enabled);
  message.set_microphone_enabled(media_state.microphone_enabled);
  return message;
}

v1::Connection ToMessage(const Connection& connection) {
  v1::Connection message;
  message.set_edge_id(connection.edge_id);
  message.set_id(connection.id);
  return message;
}

void Fill(const Participant& participant, v1::Participant& message) {
  FillVisible(participant, message);
  message.set_key_sha256(participant.key_sha256);
  *message.mutable_connection() = ToMessage(participant.connection);
}

void Fill(const Room& room, v1::Room& message) {
  FillWithoutParticipants(room, message);
  for (const Participant& participant : room.participants) Fill(participant, *message.add_participants());
}

void FillForParticipant(const Room& room, v1::Room& message) {
  FillWithoutParticipants(room, message);
  for (const Participant& participant : room.participants)
    FillVisible(participant, *message.add_participants());
}

void Fill(const Audience& audience, common::v1::Audience& message) {
  std::visit(FillAudience{message}, audience);
}

MediaState FromMessage(const v1::MediaState& message) {
  return {message.camera_enabled(), message.microphone_enabled()};
}

Connection FromMessage(const v1::Connection& message) { return {message.edge_id(), message.id()}; }

absl::StatusOr<Participant> FromMessage(const v1::Participant& message) {
  Participant participant;
  participant.id = message.id();
  participant.name = message.name();
  participant.media_state = FromMessage(message.media_state());
  participant.key_sha256 = message.key_sha256();
  participant.join_time = rpc::FromProto(message.join_time());
  participant.connection = FromMessage(message.connection());
  if (message.has_return_deadline()) {
    participant.return_deadline = rpc::FromProto(message.return_deadline());
  }
  switch (message.role()) {
    case v1::ROLE_HOST:
      participant.role = Role::kHost;
      return participant;
    case v1::ROLE_PARTICIPANT:
      participant.role = Role::kParticipant;
      return participant;
    default:
      return absl::DataLossError("a participant's role is unknown");
  }
}

absl::StatusOr<Room> FromMessage(const v1::Room& message) {
  Room room;
  room.id = message.id();
  room.name = message.name();
  room.create_time = rpc::FromProto(message.create_time());
  for (const v1::Participant& participant_message : message.participants()) {
    absl::StatusOr<Participant> participant = FromMessage(participant_message);
    if (!participant.ok()) return participant.status();
    room.participants.push_back(*std::move(participant));
  }
  return room;
}

}  // namespace parley::room
