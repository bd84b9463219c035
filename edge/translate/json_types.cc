#include "edge/translate/json_types.h"

namespace parley::edge {
namespace {

/// `settings` is what older clients call the media state.
json MakeParticipant(const std::string& id, const std::string& name, const json& media_state,
                     room::v1::Role role, bool is_alive) {
  const bool is_host = role == room::v1::ROLE_HOST;
  return {{"id", id},
          {"name", name},
          {"mediaState", media_state},
          {"settings", media_state},
          {"isHost", is_host},
          {"isAlive", is_alive},
          {"role", is_host ? "host" : "participant"}};
}

/// Reactions are numbered from 0 outside, and from 1 inside, where 0 is "unspecified".
int ToNumber(messaging::v1::ReactionType type) { return static_cast<int>(type) - 1; }

}  // namespace

std::int64_t ToMilliseconds(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

json ToJson(const room::v1::MediaState& media_state) {
  return {{"cameraEnabled", media_state.camera_enabled()},
          {"microphoneEnabled", media_state.microphone_enabled()}};
}

json ToJson(const room::v1::Participant& participant) {
  return MakeParticipant(participant.id(), participant.name(), ToJson(participant.media_state()),
                         participant.role(), !participant.has_return_deadline());
}

json ToJson(const messaging::v1::FormerParticipant& participant) {
  return MakeParticipant(participant.id(), participant.name(), ToJson(room::v1::MediaState()),
                         room::v1::ROLE_PARTICIPANT, false);
}

json ToJson(const messaging::v1::Message& message) {
  json reactions = json::array();
  for (const auto& reaction : message.reactions()) {
    reactions.push_back({{"type", ToNumber(reaction.type())},
                         {"participantId", reaction.participant_id()},
                         {"participant", reaction.participant_id()}});
  }
  return {{"from", message.from()},
          {"to", message.to().has_everyone() ? kEveryone : message.to().participant_id()},
          {"message", message.id()},
          {"id", message.id()},
          {"content", message.content()},
          {"reactions", std::move(reactions)},
          {"created", ToMilliseconds(message.create_time())},
          {"edited", message.has_edit_time()}};
}

json MakeRoomSummary(const room::v1::Room& room, const room::v1::Credentials& credentials,
                     const messaging::v1::ListMessagesResponse& history) {
  json participants = json::array();
  for (const auto& participant : room.participants()) {
    json information = ToJson(participant);
    const bool is_me = participant.id() == credentials.participant_id();
    information["isMe"] = is_me;
    if (is_me) information["key"] = credentials.key();
    participants.push_back(std::move(information));
  }
  for (const auto& former : history.former_participants()) {
    json information = ToJson(former);
    information["isMe"] = false;
    participants.push_back(std::move(information));
  }
  json messages = json::array();
  for (const auto& message : history.messages()) messages.push_back(ToJson(message));
  return {{"id", room.id()},
          {"idHash", room.id_hash()},
          {"name", room.name()},
          {"myId", credentials.participant_id()},
          {"created", ToMilliseconds(room.create_time())},
          {"participants", std::move(participants)},
          {"messages", std::move(messages)},
          {"hasMore", history.has_more()}};
}

messaging::v1::Recipient ToRecipient(const std::string& to) {
  messaging::v1::Recipient recipient;
  if (to == kEveryone) {
    recipient.mutable_everyone();
  } else {
    recipient.set_participant_id(to);
  }
  return recipient;
}

}  // namespace parley::edge
