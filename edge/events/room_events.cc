// Events that room-service decides on.

#include <utility>

#include "common/grpc/position_conversion.h"
#include "edge/events/client_session.h"
#include "edge/translate/fields.h"
#include "edge/translate/json_object.h"
#include "edge/translate/json_types.h"
#include "edge/translate/refusal.h"

namespace parley::edge {

namespace net = boost::asio;

namespace {

/// What a router that routes nothing can do; older clients wait for it before they join.
std::string EmptyRtpCapabilities() { return R"({"codecs":[],"headerExtensions":[]})"; }

}  // namespace

net::awaitable<EventResult> ClientSession::CreateRoom(Arguments arguments) {
  auto name = OptionalString(arguments[0], "name");
  if (!name.ok()) co_return name.status();
  room::v1::CreateRoomRequest request;
  request.set_request_id(RequestId());
  if (*name) request.set_name(**name);
  const auto response = co_await services_.rooms.CreateRoom(std::move(request));
  if (!response.ok()) co_return response.status();
  socket_->Emit("join-room", nlohmann::json::array({response->room().id()}));
  co_return JsonObject().Text("id", response->room().id()).Text("idHash", response->room().id_hash()).Take();
}

net::awaitable<EventResult> ClientSession::JoinRoom(Arguments arguments) {
  auto room_id = RequireString(arguments[0], "id");
  if (!room_id.ok()) co_return room_id.status();
  auto name = OptionalString(arguments[1], "name");
  if (!name.ok()) co_return name.status();
  const bool has_options = arguments[2].is_object();
  if (!has_options && !arguments[2].is_null()) co_return InvalidField("options", "must be an object");
  auto participant = OptionalCredentials(FieldOf(arguments[2], "participant"), "participant");
  if (!participant.ok()) co_return participant.status();
  if (participation_) co_return MakeError(kAlreadyInRoom);
  if (disconnected_) co_return MakeError(kNotInRoom);

  // From here on nothing that happens in the room is missed; it is held back until the summary is sent.
  const auto member = std::make_shared<Member>(socket_->worker(), *this);
  member_ = member;
  const absl::Status attached =
      co_await services_.broadcaster.Attach(*room_id, member, services_.attach_timeout);
  if (!attached.ok()) {
    member_ = nullptr;
    co_return attached;
  }
  if (disconnected_) co_return MakeError(kNotInRoom);
  // So that it is told also if the client has been away since before.
  told_present_ = true;
  const auto joined = co_await Enter(*room_id, *name, *participant);
  if (!joined.ok()) {
    Detach();
    EventResult refused = joined.status();
    const bool unknown = absl::IsUnavailable(joined.status()) && !Is(joined.status(), kStorageUnavailable);
    if (*participant && unknown) {
      // It may be back without knowing it, and is waited for once this connection ends.
      participation_ = Participation{*room_id, **std::move(participant)};
      refused.then = [socket = socket_] { socket->CloseConnection(); };
    }
    co_return refused;
  }
  participation_ = Participation{*room_id, joined->credentials()};

  messaging::v1::ListMessagesRequest list;
  list.mutable_room()->set_room_id(*room_id);
  list.mutable_credentials()->set_participant_id(joined->credentials().participant_id());
  list.mutable_credentials()->set_key(joined->credentials().key());
  *list.mutable_membership_position() = joined->position();
  const auto history = co_await services_.messages.ListMessages(std::move(list));
  if (!history.ok()) {
    Detach();
    EventResult refused = history.status();
    const bool is_new = !participant->has_value();
    if (participation_ && is_new && !absl::IsUnavailable(co_await Leave(*participation_, Patience::kShort))) {
      participation_.reset();
    }
    // Whoever is in the room without having seen it is waited for there.
    if (participation_) refused.then = [socket = socket_] { socket->CloseConnection(); };
    co_return refused;
  }
  member->Begin(joined->credentials().participant_id(), rpc::FromProto(joined->position()),
                rpc::FromProto(history->position()));
  std::string summary = MakeRoomSummary(joined->room(), joined->credentials(), *history);
  MarkPosition();
  socket_->Emit(socketio::EncodeEventText("room-summary", JsonArray::Of(summary)));
  EventResult result;
  result.data =
      has_options
          ? JsonObject().Json("summary", summary).Json("rtcCapabilities", EmptyRtpCapabilities()).Take()
          : std::move(summary);
  result.then = [member] { member->Activate(); };
  co_return result;
}

net::awaitable<EventResult> ClientSession::LeaveRoom(Arguments) {
  // Who is in no room has left.
  if (!participation_) co_return absl::OkStatus();
  Detach();
  const Participation participation = *std::exchange(participation_, std::nullopt);
  EventResult result = co_await Leave(participation, Patience::kShort);
  if (absl::IsUnavailable(result.status)) {
    // It is still in its room, of which it has missed events by now, and has to come back to.
    participation_ = participation;
    result.then = [socket = socket_] { socket->CloseConnection(); };
  }
  co_return result;
}

net::awaitable<EventResult> ClientSession::UpdateName(Arguments arguments) {
  auto name = RequireString(arguments[0], "name");
  if (!name.ok()) co_return name.status();
  if (!participation_) co_return MakeError(kNotInRoom);
  auto request = MakeRoomRequest<room::v1::UpdateNameRequest>();
  request.set_name(*std::move(name));
  const auto response = co_await services_.rooms.UpdateName(std::move(request));
  co_return response.status();
}

net::awaitable<EventResult> ClientSession::UpdateMediaState(Arguments arguments) {
  if (!arguments[0].is_object()) co_return InvalidField("mediaState", "must be an object");
  const auto camera = OptionalBoolean(FieldOf(arguments[0], "cameraEnabled"), "cameraEnabled");
  if (!camera.ok()) co_return camera.status();
  const auto microphone = OptionalBoolean(FieldOf(arguments[0], "microphoneEnabled"), "microphoneEnabled");
  if (!microphone.ok()) co_return microphone.status();
  if (!participation_) co_return MakeError(kNotInRoom);
  auto request = MakeRoomRequest<room::v1::UpdateMediaStateRequest>();
  if (*camera) request.set_camera_enabled(**camera);
  if (*microphone) request.set_microphone_enabled(**microphone);
  const auto response = co_await services_.rooms.UpdateMediaState(std::move(request));
  if (!response.ok()) co_return response.status();
  co_return std::string(ToJson(response->media_state()));
}

net::awaitable<EventResult> ClientSession::GetRtpCapabilities(Arguments arguments) {
  auto room_id = RequireString(arguments[0], "roomId");
  if (!room_id.ok()) co_return room_id.status();
  room::v1::GetRoomRequest request;
  request.set_room_id(*std::move(room_id));
  const auto response = co_await services_.rooms.GetRoom(std::move(request));
  if (!response.ok()) co_return response.status();
  co_return EmptyRtpCapabilities();
}

net::awaitable<EventResult> ClientSession::RefuseMedia(Arguments) { co_return MakeError(kMediaNotRouted); }

}  // namespace parley::edge
