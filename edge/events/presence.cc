// Who the client is to room-service, and whether it is there.

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "common/grpc/position_conversion.h"
#include "common/log/log.h"
#include "edge/events/client_session.h"

namespace parley::edge {

namespace net = boost::asio;

net::awaitable<absl::StatusOr<room::v1::JoinRoomResponse>> ClientSession::Enter(
    const std::string& room_id, std::optional<std::string> name,
    std::optional<room::v1::Credentials> participant) {
  if (!participant) {
    room::v1::JoinRoomRequest join;
    join.set_request_id(RequestId());
    join.set_room_id(room_id);
    if (name) join.set_name(*std::move(name));
    *join.mutable_connection() = MakeConnection();
    // Chosen here, so that somebody whose joining was never answered can be made to leave.
    join.mutable_credentials()->set_participant_id(services_.ids.Uuid());
    join.mutable_credentials()->set_key(services_.ids.Key());
    const Participation chosen{room_id, join.credentials()};
    auto joined = co_await services_.rooms.JoinRoom(std::move(join));
    if (absl::IsUnavailable(joined.status())) Abandon(chosen);
    co_return joined;
  }
  // Without a request id: another connection may have taken the participant over before this is repeated, and
  // if it were only answered as the first time both would take themselves for the one.
  room::v1::ReconnectParticipantRequest reconnect;
  reconnect.set_room_id(room_id);
  *reconnect.mutable_credentials() = *participant;
  *reconnect.mutable_connection() = MakeConnection();
  auto reconnected = co_await services_.rooms.ReconnectParticipant(std::move(reconnect));
  if (!reconnected.ok()) co_return reconnected.status();
  room::v1::JoinRoomResponse joined;
  *joined.mutable_credentials() = *std::move(participant);
  *joined.mutable_room() = std::move(*reconnected->mutable_room());
  *joined.mutable_position() = reconnected->position();
  co_return joined;
}

room::v1::Connection ClientSession::MakeConnection() const {
  room::v1::Connection connection;
  connection.set_edge_id(services_.edge_id);
  connection.set_id(connection_id_);
  return connection;
}

void ClientSession::Abandon(Participation participation) {
  net::co_spawn(
      socket_->worker().executor(),
      [self = shared_from_this(), participation = std::move(participation)]() -> net::awaitable<void> {
        const absl::Status status = co_await self->Leave(participation, Patience::kEndless);
        if (!status.ok()) log::Warning("participant not taken back", {{"cause", status.ToString()}});
      },
      [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
}

net::awaitable<absl::Status> ClientSession::Leave(Participation participation, Patience patience) {
  room::v1::LeaveRoomRequest request;
  request.set_request_id(RequestId());
  request.set_room_id(participation.room_id);
  *request.mutable_credentials() = participation.credentials;
  const absl::StatusOr<room::v1::LeaveRoomResponse> left =
      co_await Insist(services_.rooms, &RoomClient::LeaveRoom, std::move(request), patience);
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

net::awaitable<void> ClientSession::TellPresence() {
  told_present_ = present_;
  if (!participation_) co_return;
  // Otherwise room-service would take the client for there as long as this edge lives; which is not for long
  // when it is stopping.
  const Patience patience = stopping_ ? Patience::kShort : Patience::kEndless;
  absl::Status status;
  if (present_) {
    auto request = MakeRoomRequest<room::v1::ReconnectParticipantRequest>();
    *request.mutable_connection() = MakeConnection();
    status = (co_await Insist(services_.rooms, &RoomClient::ReconnectParticipant, std::move(request),
                              Patience::kEndless))
                 .status();
    if (!status.ok()) socket_->CloseConnection();
  } else if (said_goodbye_) {
    status = co_await Leave(*std::exchange(participation_, std::nullopt), patience);
  } else {
    auto request = MakeRoomRequest<room::v1::DisconnectParticipantRequest>();
    request.set_connection_id(connection_id_);
    status =
        (co_await Insist(services_.rooms, &RoomClient::DisconnectParticipant, std::move(request), patience))
            .status();
  }
  if (!status.ok() && !absl::IsNotFound(status)) {
    log::Warning("presence not told", {{"present", told_present_}, {"cause", status.ToString()}});
  }
}

}  // namespace parley::edge
