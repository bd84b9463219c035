// Events that room-service decides on.

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/grpc/position_conversion.h"
#include "edge/events/client_session.h"
#include "edge/translate/fields.h"
#include "edge/translate/json_types.h"
#include "edge/translate/refusal.h"

namespace parley::edge {

namespace net = boost::asio;

namespace {

/// What a router that routes nothing can do; older clients wait for it before they join.
json EmptyRtpCapabilities() { return {{"codecs", json::array()}, {"headerExtensions", json::array()}}; }

/// How often leaving is tried while a service is away, and how long between two tries.
constexpr int kLeaveAttempts = 5;
constexpr std::chrono::milliseconds kLeavePause{300};

}  // namespace

template <typename Request>
Request ClientSession::MakeRoomRequest() {
  Request request;
  request.set_request_id(RequestId());
  request.set_room_id(participation_->room_id);
  *request.mutable_credentials() = participation_->credentials;
  return request;
}

net::awaitable<EventResult> ClientSession::CreateRoom(Arguments arguments) {
  auto name = OptionalString(arguments[0], "name");
  if (!name.ok()) co_return name.status();
  room::v1::CreateRoomRequest request;
  request.set_request_id(RequestId());
  if (*name) request.set_name(**name);
  const auto response = co_await services_.rooms.CreateRoom(std::move(request));
  if (!response.ok()) co_return response.status();
  socket_->Emit("join-room", json::array({response->room().id()}));
  co_return json{{"id", response->room().id()}, {"idHash", response->room().id_hash()}};
}

net::awaitable<EventResult> ClientSession::JoinRoom(Arguments arguments) {
  auto room_id = RequireString(arguments[0], "id");
  if (!room_id.ok()) co_return room_id.status();
  auto name = OptionalString(arguments[1], "name");
  if (!name.ok()) co_return name.status();
  const bool has_options = arguments[2].is_object();
  if (!has_options && !arguments[2].is_null()) co_return InvalidField("options", "must be an object");
  if (participation_) co_return MakeError(kAlreadyInRoom);

  // From here on nothing that happens in the room is missed; it is held back until the summary is sent.
  const auto member = std::make_shared<Member>(
      socket_->worker(), [socket = socket_](const socketio::SharedEvent& event) { socket->Emit(event); },
      *this);
  member_ = member;
  const absl::Status attached =
      co_await services_.broadcaster.Attach(*room_id, member, services_.attach_timeout);
  if (!attached.ok()) {
    member_ = nullptr;
    co_return attached;
  }
  if (disconnected_) co_return MakeError(kNotInRoom);
  room::v1::JoinRoomRequest join;
  join.set_request_id(RequestId());
  join.set_room_id(*room_id);
  if (*name) join.set_name(**name);
  const auto joined = co_await services_.rooms.JoinRoom(std::move(join));
  if (!joined.ok()) {
    Detach();
    co_return joined.status();
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
    if (participation_) co_await Leave(*std::exchange(participation_, std::nullopt));
    co_return history.status();
  }
  json summary = MakeRoomSummary(joined->room(), joined->credentials(), *history);
  socket_->Emit("room-summary", json::array({summary}));
  EventResult result;
  result.data = std::move(summary);
  if (has_options) {
    result.data = {{"summary", std::move(result.data)}, {"rtcCapabilities", EmptyRtpCapabilities()}};
  }
  result.then = [member, id = joined->credentials().participant_id(),
                 room = rpc::FromProto(joined->position()),
                 messages = rpc::FromProto(history->position())] { member->Activate(id, room, messages); };
  co_return result;
}

net::awaitable<EventResult> ClientSession::LeaveRoom(Arguments) {
  // Who is in no room has left.
  if (!participation_) co_return absl::OkStatus();
  Detach();
  const absl::Status left = co_await Leave(*std::exchange(participation_, std::nullopt));
  co_return left;
}

net::awaitable<absl::Status> ClientSession::Leave(Participation participation) {
  room::v1::LeaveRoomRequest request;
  request.set_request_id(RequestId());
  request.set_room_id(participation.room_id);
  *request.mutable_credentials() = participation.credentials;
  absl::StatusOr<room::v1::LeaveRoomResponse> left = co_await services_.rooms.LeaveRoom(request);
  for (int attempt = 1; absl::IsUnavailable(left.status()) && attempt < kLeaveAttempts; ++attempt) {
    net::steady_timer pause(socket_->worker().executor(), kLeavePause);
    co_await pause.async_wait(net::use_awaitable);
    left = co_await services_.rooms.LeaveRoom(request);
  }
  // Somebody who isn't there any more has left.
  if (absl::IsNotFound(left.status())) co_return absl::OkStatus();
  if (!left.ok()) co_return left.status();

  messaging::v1::AwaitMembershipRequest await;
  await.set_room_id(participation.room_id);
  *await.mutable_position() = left->position();
  const auto known = co_await services_.messages.AwaitMembership(std::move(await));
  // A messaging-service that is away learns of it from room-service before it serves anybody.
  if (!known.ok() && !absl::IsNotFound(known.status()) && !absl::IsUnavailable(known.status())) {
    co_return known.status();
  }
  co_return absl::OkStatus();
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
  co_return ToJson(response->media_state());
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
