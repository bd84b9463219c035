#include "edge/fanout/event_encoder.h"

#include <string>

#include "common/grpc/position_conversion.h"
#include "edge/translate/json_object.h"
#include "edge/translate/json_types.h"

namespace parley::edge {
namespace {

using nlohmann::json;
using socketio::EncodeEvent;
using socketio::EncodeEventText;
using socketio::SharedEvent;

/// The seed's spelling, and the one that clients in the field listen to.
std::vector<SharedEvent> DestroyedEvents() {
  return {EncodeEvent("destroy", json::array()), EncodeEvent("destory", json::array())};
}

SharedEvent EncodeConnection(const std::string& participant_id, bool is_alive) {
  return EncodeEvent("participant-connection",
                     json::array({{{"id", participant_id}, {"isAlive", is_alive}}}));
}

std::vector<SharedEvent> Encode(const room::v1::RoomEvent& event) {
  using Event = room::v1::RoomEvent;
  switch (event.event_case()) {
    case Event::kParticipantJoined:
      return {EncodeEventText("new-participant",
                              JsonArray::Of(ToJson(event.participant_joined().participant())))};
    case Event::kParticipantLeft:
      return {EncodeEvent("participant-left", json::array({event.participant_left().participant_id()}))};
    case Event::kParticipantDisconnected:
      return {EncodeConnection(event.participant_disconnected().participant_id(), false)};
    case Event::kParticipantReconnected:
      if (!event.participant_reconnected().was_away()) return {};
      return {EncodeConnection(event.participant_reconnected().participant_id(), true)};
    case Event::kNameUpdated:
      return {EncodeEvent("participant-changed-name",
                          json::array({event.name_updated().participant_id(), event.name_updated().name()}))};
    case Event::kMediaStateUpdated:
      return {EncodeEventText(
          "participant-updated-media-state",
          JsonArray::Of(JsonObject()
                            .Text("id", event.media_state_updated().participant_id())
                            .Json("mediaState", ToJson(event.media_state_updated().media_state()))
                            .Take()))};
    case Event::kRoomDestroyed:
      return DestroyedEvents();
    case Event::kRoomCreated:
    case Event::EVENT_NOT_SET:
      return {};
  }
  return {};
}

/// "<new|edit|delete>-<room|direct>-message".
SharedEvent EncodeMessage(std::string_view verb, const messaging::v1::Message& message) {
  const std::string_view kind = message.to().has_everyone() ? "-room-message" : "-direct-message";
  return EncodeEventText(std::string(verb).append(kind), JsonArray::Of(ToJson(message)));
}

std::vector<SharedEvent> Encode(const messaging::v1::MessageEvent& event) {
  using Event = messaging::v1::MessageEvent;
  switch (event.event_case()) {
    case Event::kMessageSent:
      return {EncodeMessage("new", event.message_sent().message())};
    case Event::kMessageEdited:
      return {EncodeMessage("edit", event.message_edited().message())};
    case Event::kMessageDeleted:
      return {EncodeMessage("delete", event.message_deleted().message())};
    case Event::EVENT_NOT_SET:
      return {};
  }
  return {};
}

template <typename Event>
Broadcast Make(Source source, Broadcast::Kind kind, const Event& event) {
  return Broadcast{source, kind, rpc::FromProto(event.position()), event.audience(), Encode(event), {}, {}};
}

SharedBroadcast Share(Broadcast broadcast) {
  if (broadcast.events.empty() && broadcast.participant_id.empty()) return nullptr;
  return std::make_shared<const Broadcast>(std::move(broadcast));
}

}  // namespace

SharedBroadcast EncodeBroadcast(const room::v1::RoomEvent& event) {
  Broadcast broadcast =
      Make(Source::kRoom, event.has_room_destroyed() ? Broadcast::Kind::kDestroyed : Broadcast::Kind::kEvents,
           event);
  if (event.has_participant_left()) {
    broadcast.participant_id = event.participant_left().participant_id();
  } else if (event.has_participant_reconnected()) {
    broadcast.participant_id = event.participant_reconnected().participant_id();
    broadcast.connection_id = event.participant_reconnected().connection().id();
  }
  return Share(std::move(broadcast));
}

SharedBroadcast EncodeBroadcast(const messaging::v1::MessageEvent& event) {
  return Share(Make(Source::kMessages, Broadcast::Kind::kEvents, event));
}

SharedBroadcast MakeDestroyedBroadcast() {
  Broadcast broadcast;
  broadcast.kind = Broadcast::Kind::kDestroyed;
  broadcast.audience.mutable_everyone();
  broadcast.events = DestroyedEvents();
  return std::make_shared<const Broadcast>(std::move(broadcast));
}

}  // namespace parley::edge
