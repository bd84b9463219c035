#include "services/room/rpc/room_rpc.h"

#include <google/protobuf/util/time_util.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "common/grpc/event_page.h"
#include "common/grpc/position_conversion.h"
#include "common/grpc/server_call.h"
#include "common/ids/digest.h"
#include "common/ids/ids.h"
#include "common/status/error.h"
#include "services/room/store/room_messages.h"

namespace parley::room {
namespace {

using rpc::ServerCall;
using rpc::ToProto;

constexpr std::size_t kMaxRequestIdBytes = 64;

absl::Status CheckRequestId(const std::string& request_id) {
  if (request_id.size() <= kMaxRequestIdBytes) return absl::OkStatus();
  return MakeError(kInvalidRequest, "request_id: must not be longer than 64 bytes");
}

absl::Status CheckRoomId(const std::string& room_id) {
  if (!room_id.empty()) return absl::OkStatus();
  return MakeError(kInvalidRequest, "room_id: must be set");
}

/// What every request of somebody in a room has to have.
template <typename Request>
absl::Status CheckActing(const Request& request) {
  if (absl::Status status = CheckRequestId(request.request_id()); !status.ok()) return status;
  if (absl::Status status = CheckRoomId(request.room_id()); !status.ok()) return status;
  if (!request.has_credentials()) return MakeError(kInvalidRequest, "credentials: must be set");
  return absl::OkStatus();
}

/// Credentials of the caller's choice.
absl::StatusOr<std::optional<Credentials>> ChosenCredentials(const v1::JoinRoomRequest& request) {
  if (!request.has_credentials()) return std::nullopt;
  const v1::Credentials& chosen = request.credentials();
  if (!IsUuid(chosen.participant_id())) {
    return MakeError(kInvalidRequest, "credentials.participant_id: must be a UUID in lower case");
  }
  if (!IsKey(chosen.key())) {
    return MakeError(kInvalidRequest, "credentials.key: must be 32 lower-case hexadecimal digits");
  }
  return Credentials{chosen.participant_id(), chosen.key()};
}

Actor ActorOf(const v1::Credentials& credentials) {
  return {credentials.participant_id(), Sha256(credentials.key())};
}

template <typename Request>
Call CallOf(const Request& request, const ServerCall& server_call) {
  return {request.request_id(), server_call.deadline()};
}

/// Answers with where the room is, and nothing else.
template <typename Response>
RoomApplication::Done<Position> FinishWithPosition(const ServerCall& call, Response* response) {
  return [call, response](const absl::StatusOr<Position>& position) {
    if (position.ok()) *response->mutable_position() = ToProto(*position);
    call.Finish(position.status());
  };
}

}  // namespace

void RoomRpc::CreateRoom(const ServerCall& call, const v1::CreateRoomRequest& request,
                         v1::CreateRoomResponse* response) {
  if (absl::Status status = CheckRequestId(request.request_id()); !status.ok()) return call.Finish(status);
  std::optional<std::string> name;
  if (request.has_name()) name = request.name();
  application_.CreateRoom(CallOf(request, call), std::move(name),
                          [call, response](const absl::StatusOr<CreatedRoom>& created) {
                            if (created.ok()) {
                              Fill(*created->room, *response->mutable_room());
                              *response->mutable_position() = ToProto(created->position);
                            }
                            call.Finish(created.status());
                          });
}

void RoomRpc::GetRoom(const ServerCall& call, const v1::GetRoomRequest& request,
                      v1::GetRoomResponse* response) {
  absl::StatusOr<std::string> room_id = request.room_id();
  if (request.has_room_id_hash()) {
    room_id = application_.FindRoomId(request.room_id_hash());
  } else if (!request.has_room_id()) {
    room_id = MakeError(kInvalidRequest, "room: room_id or room_id_hash must be set");
  }
  absl::Status status = room_id.status();
  if (status.ok()) {
    status = application_.GetRoom(*room_id, [response](const Room& room, Position position) {
      Fill(room, *response->mutable_room());
      *response->mutable_position() = ToProto(position);
    });
  }
  call.Finish(status);
}

void RoomRpc::JoinRoom(const ServerCall& call, const v1::JoinRoomRequest& request,
                       v1::JoinRoomResponse* response) {
  absl::Status status = CheckRequestId(request.request_id());
  if (status.ok()) status = CheckRoomId(request.room_id());
  auto chosen = ChosenCredentials(request);
  if (status.ok()) status = chosen.status();
  if (!status.ok()) return call.Finish(status);
  std::optional<std::string> name;
  if (request.has_name()) name = request.name();
  application_.JoinRoom(
      CallOf(request, call), request.room_id(), std::move(name), FromMessage(request.connection()),
      *std::move(chosen), [call, response](const absl::StatusOr<JoinedRoom>& joined) {
        if (joined.ok()) {
          response->mutable_credentials()->set_participant_id(joined->credentials.participant_id);
          response->mutable_credentials()->set_key(joined->credentials.key);
          FillForParticipant(*joined->room, *response->mutable_room());
          *response->mutable_position() = ToProto(joined->position);
        }
        call.Finish(joined.status());
      });
}

void RoomRpc::LeaveRoom(const ServerCall& call, const v1::LeaveRoomRequest& request,
                        v1::LeaveRoomResponse* response) {
  if (absl::Status status = CheckActing(request); !status.ok()) {
    call.Finish(status);
  } else {
    application_.LeaveRoom(CallOf(request, call), request.room_id(), {ActorOf(request.credentials())},
                           FinishWithPosition(call, response));
  }
}

void RoomRpc::DisconnectParticipant(const ServerCall& call, const v1::DisconnectParticipantRequest& request,
                                    v1::DisconnectParticipantResponse* response) {
  if (absl::Status status = CheckActing(request); !status.ok()) {
    call.Finish(status);
  } else {
    application_.DisconnectParticipant(CallOf(request, call), request.room_id(),
                                       ActorOf(request.credentials()), request.connection_id(),
                                       FinishWithPosition(call, response));
  }
}

void RoomRpc::ReconnectParticipant(const ServerCall& call, const v1::ReconnectParticipantRequest& request,
                                   v1::ReconnectParticipantResponse* response) {
  if (absl::Status status = CheckActing(request); !status.ok()) return call.Finish(status);
  application_.ReconnectParticipant(
      CallOf(request, call), request.room_id(),
      {ActorOf(request.credentials()), FromMessage(request.connection())},
      [call, response](const absl::StatusOr<ReconnectedParticipant>& reconnected) {
        if (reconnected.ok()) {
          FillForParticipant(*reconnected->room, *response->mutable_room());
          *response->mutable_position() = ToProto(reconnected->position);
        }
        call.Finish(reconnected.status());
      });
}

void RoomRpc::RenewLease(const ServerCall& call, const v1::RenewLeaseRequest& request,
                         v1::RenewLeaseResponse* response) {
  absl::Status status;
  if (request.edge_id().empty()) {
    status = MakeError(kInvalidRequest, "edge_id: must be set");
  } else {
    *response->mutable_duration() = google::protobuf::util::TimeUtil::MillisecondsToDuration(
        application_.RenewLease(request.edge_id()).count());
  }
  call.Finish(status);
}

void RoomRpc::UpdateName(const ServerCall& call, const v1::UpdateNameRequest& request,
                         v1::UpdateNameResponse* response) {
  if (absl::Status status = CheckActing(request); !status.ok()) {
    call.Finish(status);
  } else {
    application_.UpdateName(CallOf(request, call), request.room_id(),
                            {ActorOf(request.credentials()), request.name()},
                            FinishWithPosition(call, response));
  }
}

void RoomRpc::UpdateMediaState(const ServerCall& call, const v1::UpdateMediaStateRequest& request,
                               v1::UpdateMediaStateResponse* response) {
  if (absl::Status status = CheckActing(request); !status.ok()) return call.Finish(status);
  room::UpdateMediaState command{ActorOf(request.credentials()), std::nullopt, std::nullopt};
  if (request.has_camera_enabled()) command.camera_enabled = request.camera_enabled();
  if (request.has_microphone_enabled()) command.microphone_enabled = request.microphone_enabled();
  application_.UpdateMediaState(CallOf(request, call), request.room_id(), std::move(command),
                                [call, response](const absl::StatusOr<UpdatedMediaState>& updated) {
                                  if (updated.ok()) {
                                    *response->mutable_media_state() = ToMessage(updated->media_state);
                                    *response->mutable_position() = ToProto(updated->position);
                                  }
                                  call.Finish(updated.status());
                                });
}

void RoomRpc::ListRoomEvents(const ServerCall& call, const v1::ListRoomEventsRequest& request,
                             v1::ListRoomEventsResponse* response) {
  absl::Status status = CheckRoomId(request.room_id());
  if (status.ok() && request.after().incarnation() == 0) {
    status = MakeError(kInvalidRequest, "after.incarnation: must be set");
  }
  if (status.ok()) {
    const auto page = application_.ListRoomEvents(request.room_id(), rpc::FromProto(request.after()));
    if (page.ok()) rpc::FillEventPage(*page, *response);
    status = page.status();
  }
  call.Finish(status);
}

grpc::ServerBidiReactor<v1::WatchRoomsRequest, v1::WatchRoomsResponse>* RoomRpc::WatchRooms(
    grpc::CallbackServerContext*) {
  return Watches::Start(make_watch_, watches_);
}

grpc::ServerBidiReactor<v1::MakeCallsRequest, v1::MakeCallsResponse>* RoomRpc::MakeCalls(
    grpc::CallbackServerContext*) {
  return Calls::Start(rpcs_, make_watch_, call_streams_);
}

}  // namespace parley::room
