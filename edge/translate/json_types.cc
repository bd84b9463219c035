#include "edge/translate/json_types.h"

#include "edge/translate/json_object.h"

namespace parley::edge {
namespace {

/// What a participant takes in a summary, about.
constexpr std::size_t kParticipantBytes = 320;

struct ParticipantView {
  const std::string& id;
  const std::string& name;
  const room::v1::MediaState& media_state;
  room::v1::Role role;
  bool is_alive;
};

/// ParticipantInformation, to which more members may be added. `settings` is what older clients call the
/// media state.
JsonObject WriteParticipant(const ParticipantView& participant) {
  const bool is_host = participant.role == room::v1::ROLE_HOST;
  const std::string_view media_state = ToJson(participant.media_state);
  JsonObject object;
  object.Text("id", participant.id)
      .Text("name", participant.name)
      .Json("mediaState", media_state)
      .Json("settings", media_state)
      .Boolean("isHost", is_host)
      .Boolean("isAlive", participant.is_alive)
      .Text("role", is_host ? "host" : "participant");
  return object;
}

JsonObject WriteParticipant(const room::v1::Participant& participant) {
  return WriteParticipant({participant.id(), participant.name(), participant.media_state(),
                           participant.role(), !participant.has_return_deadline()});
}

/// Somebody who has left but is named by a message.
JsonObject WriteParticipant(const messaging::v1::FormerParticipant& participant) {
  return WriteParticipant({participant.id(), participant.name(), room::v1::MediaState::default_instance(),
                           room::v1::ROLE_PARTICIPANT, false});
}

/// Reactions are numbered from 0 outside, and from 1 inside, where 0 is "unspecified".
int ToNumber(messaging::v1::ReactionType type) { return static_cast<int>(type) - 1; }

}  // namespace

std::int64_t ToMilliseconds(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

std::string_view ToJson(const room::v1::MediaState& media_state) {
  static constexpr std::string_view kTexts[] = {
      R"({"cameraEnabled":false,"microphoneEnabled":false})",
      R"({"cameraEnabled":false,"microphoneEnabled":true})",
      R"({"cameraEnabled":true,"microphoneEnabled":false})",
      R"({"cameraEnabled":true,"microphoneEnabled":true})",
  };
  return kTexts[(media_state.camera_enabled() ? 2 : 0) + (media_state.microphone_enabled() ? 1 : 0)];
}

std::string ToJson(const room::v1::Participant& participant) { return WriteParticipant(participant).Take(); }

std::string ToJson(const messaging::v1::Message& message) {
  JsonArray reactions;
  for (const auto& reaction : message.reactions()) {
    reactions.Add(JsonObject()
                      .Number("type", ToNumber(reaction.type()))
                      .Text("participantId", reaction.participant_id())
                      .Text("participant", reaction.participant_id())
                      .Take());
  }
  return JsonObject()
      .Text("from", message.from())
      .Text("to", message.to().has_everyone() ? kEveryone : message.to().participant_id())
      .Text("message", message.id())
      .Text("id", message.id())
      .Text("content", message.content())
      .Json("reactions", reactions.Take())
      .Number("created", ToMilliseconds(message.create_time()))
      .Boolean("edited", message.has_edit_time())
      .Take();
}

std::string MakeRoomSummary(const room::v1::Room& room, const room::v1::Credentials& credentials,
                            const messaging::v1::ListMessagesResponse& history) {
  JsonArray participants;
  participants.Reserve(static_cast<std::size_t>(room.participants_size()) * kParticipantBytes);
  for (const auto& participant : room.participants()) {
    const bool is_me = participant.id() == credentials.participant_id();
    JsonObject information = WriteParticipant(participant);
    information.Boolean("isMe", is_me);
    if (is_me) information.Text("key", credentials.key());
    participants.Add(information.Take());
  }
  for (const auto& former : history.former_participants()) {
    participants.Add(WriteParticipant(former).Boolean("isMe", false).Take());
  }
  JsonArray messages;
  for (const auto& message : history.messages()) messages.Add(ToJson(message));
  return JsonObject()
      .Text("id", room.id())
      .Text("idHash", room.id_hash())
      .Text("name", room.name())
      .Text("myId", credentials.participant_id())
      .Number("created", ToMilliseconds(room.create_time()))
      .Json("participants", participants.Take())
      .Json("messages", messages.Take())
      .Boolean("hasMore", history.has_more())
      .Take();
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
