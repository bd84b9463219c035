#include "services/room/store/room_codec.h"

#include <utility>

#include "common/grpc/position_conversion.h"
#include "services/room/domain/audience.h"
#include "services/room/store/records.pb.h"
#include "services/room/store/room_messages.h"

namespace parley::room {
namespace {

struct FillEvent {
  v1::RoomEvent& record;

  void operator()(const RoomCreated& created) const {
    auto& message = *record.mutable_room_created();
    message.set_room_id(created.room_id);
    message.set_name(created.name);
    *message.mutable_join_deadline() = rpc::ToProto(created.join_deadline);
  }

  void operator()(const ParticipantJoined& joined) const {
    Fill(joined.participant, *record.mutable_participant_joined()->mutable_participant());
  }

  void operator()(const ParticipantLeft& left) const {
    record.mutable_participant_left()->set_participant_id(left.participant_id);
  }

  void operator()(const ParticipantDisconnected& disconnected) const {
    auto& message = *record.mutable_participant_disconnected();
    message.set_participant_id(disconnected.participant_id);
    *message.mutable_return_deadline() = rpc::ToProto(disconnected.return_deadline);
  }

  void operator()(const ParticipantReconnected& reconnected) const {
    auto& message = *record.mutable_participant_reconnected();
    message.set_participant_id(reconnected.participant_id);
    *message.mutable_connection() = ToMessage(reconnected.connection);
    message.set_was_away(reconnected.was_away);
  }

  void operator()(const NameUpdated& updated) const {
    record.mutable_name_updated()->set_participant_id(updated.participant_id);
    record.mutable_name_updated()->set_name(updated.name);
  }

  void operator()(const MediaStateUpdated& updated) const {
    record.mutable_media_state_updated()->set_participant_id(updated.participant_id);
    *record.mutable_media_state_updated()->mutable_media_state() = ToMessage(updated.media_state);
  }

  void operator()(const RoomDestroyed& destroyed) const {
    record.mutable_room_destroyed()->set_reason(destroyed.reason == RoomDestroyed::Reason::kHostLeft
                                                    ? v1::RoomDestroyed::REASON_HOST_LEFT
                                                    : v1::RoomDestroyed::REASON_NOBODY_JOINED);
  }
};

absl::StatusOr<RoomDestroyed> DestroyedFrom(const v1::RoomDestroyed& message) {
  switch (message.reason()) {
    case v1::RoomDestroyed::REASON_HOST_LEFT:
      return RoomDestroyed{RoomDestroyed::Reason::kHostLeft};
    case v1::RoomDestroyed::REASON_NOBODY_JOINED:
      return RoomDestroyed{RoomDestroyed::Reason::kNobodyJoined};
    default:
      return absl::DataLossError("the reason of a room's end is unknown");
  }
}

store::RoomState ToStateMessage(const Room& room) {
  store::RoomState message;
  Fill(room, *message.mutable_room());
  if (room.join_deadline) *message.mutable_join_deadline() = rpc::ToProto(*room.join_deadline);
  return message;
}

absl::StatusOr<Room> FromStateMessage(const store::RoomState& message) {
  absl::StatusOr<Room> room = FromMessage(message.room());
  if (room.ok() && message.has_join_deadline()) room->join_deadline = rpc::FromProto(message.join_deadline());
  return room;
}

struct ReplyToMessage {
  store::StoredReply& message;

  void operator()(std::monostate) const {}

  void operator()(const RoomCreatedReply& reply) const {
    *message.mutable_room_created()->mutable_state() = ToStateMessage(reply.room);
  }

  void operator()(const JoinedReply& reply) const {
    auto& credentials = *message.mutable_joined()->mutable_credentials();
    credentials.set_participant_id(reply.participant_id);
    credentials.set_key(reply.key);
  }

  void operator()(const LeftReply&) const { message.mutable_left(); }
  void operator()(const DisconnectedReply&) const { message.mutable_disconnected(); }
  void operator()(const ReconnectedReply&) const { message.mutable_reconnected(); }
  void operator()(const NameUpdatedReply&) const { message.mutable_name_updated(); }

  void operator()(const MediaStateUpdatedReply& reply) const {
    *message.mutable_media_state_updated()->mutable_media_state() = ToMessage(reply.media_state);
  }
};

}  // namespace

void RoomCodec::FillRecord(const Event& event, Position position, Record& record) {
  *record.mutable_position() = rpc::ToProto(position);
  *record.mutable_event_time() = rpc::ToProto(event.at);
  Fill(AudienceOf(event), *record.mutable_audience());
  std::visit(FillEvent{record}, event.what);
}

absl::StatusOr<Event> RoomCodec::FromRecord(const Record& record) {
  Event event;
  event.at = rpc::FromProto(record.event_time());
  switch (record.event_case()) {
    case Record::kRoomCreated: {
      const auto& created = record.room_created();
      event.what = RoomCreated{created.room_id(), created.name(), rpc::FromProto(created.join_deadline())};
      return event;
    }
    case Record::kParticipantJoined: {
      absl::StatusOr<Participant> participant = FromMessage(record.participant_joined().participant());
      if (!participant.ok()) return participant.status();
      event.what = ParticipantJoined{*std::move(participant)};
      return event;
    }
    case Record::kParticipantLeft:
      event.what = ParticipantLeft{record.participant_left().participant_id()};
      return event;
    case Record::kParticipantDisconnected: {
      const auto& disconnected = record.participant_disconnected();
      event.what = ParticipantDisconnected{disconnected.participant_id(),
                                           rpc::FromProto(disconnected.return_deadline())};
      return event;
    }
    case Record::kParticipantReconnected: {
      const auto& reconnected = record.participant_reconnected();
      event.what = ParticipantReconnected{reconnected.participant_id(), FromMessage(reconnected.connection()),
                                          reconnected.was_away()};
      return event;
    }
    case Record::kNameUpdated:
      event.what = NameUpdated{record.name_updated().participant_id(), record.name_updated().name()};
      return event;
    case Record::kMediaStateUpdated: {
      const auto& updated = record.media_state_updated();
      event.what = MediaStateUpdated{updated.participant_id(), FromMessage(updated.media_state())};
      return event;
    }
    case Record::kRoomDestroyed: {
      const absl::StatusOr<RoomDestroyed> destroyed = DestroyedFrom(record.room_destroyed());
      if (!destroyed.ok()) return destroyed.status();
      event.what = *destroyed;
      return event;
    }
    case Record::EVENT_NOT_SET:
      break;
  }
  return absl::DataLossError("an event is of an unknown kind");
}

bool RoomCodec::IsLast(const Event& event) { return std::holds_alternative<RoomDestroyed>(event.what); }

std::string RoomCodec::EncodeState(const State& state) { return ToStateMessage(state).SerializeAsString(); }

absl::StatusOr<Room> RoomCodec::DecodeState(const std::string& bytes) {
  store::RoomState message;
  if (!message.ParseFromString(bytes)) return absl::DataLossError("a state can't be parsed");
  return FromStateMessage(message);
}

std::string RoomCodec::EncodeReply(const Reply& reply) {
  store::StoredReply message;
  std::visit(ReplyToMessage{message}, reply);
  return message.SerializeAsString();
}

absl::StatusOr<Reply> RoomCodec::DecodeReply(const std::string& bytes, const std::vector<Event>&) {
  store::StoredReply message;
  if (!message.ParseFromString(bytes)) return absl::DataLossError("a reply can't be parsed");
  switch (message.reply_case()) {
    case store::StoredReply::kRoomCreated: {
      absl::StatusOr<Room> room = FromStateMessage(message.room_created().state());
      if (!room.ok()) return room.status();
      return RoomCreatedReply{*std::move(room)};
    }
    case store::StoredReply::kJoined: {
      const auto& credentials = message.joined().credentials();
      return JoinedReply{credentials.participant_id(), credentials.key()};
    }
    case store::StoredReply::kLeft:
      return LeftReply{};
    case store::StoredReply::kDisconnected:
      return DisconnectedReply{};
    case store::StoredReply::kReconnected:
      return ReconnectedReply{};
    case store::StoredReply::kNameUpdated:
      return NameUpdatedReply{};
    case store::StoredReply::kMediaStateUpdated:
      return MediaStateUpdatedReply{FromMessage(message.media_state_updated().media_state())};
    case store::StoredReply::REPLY_NOT_SET:
      break;
  }
  return Reply{};
}

}  // namespace parley::room
