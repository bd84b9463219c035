#pragma once

#include <memory>

#include "common/grpc/rpc_counter.h"
#include "common/grpc/watch_server.h"
#include "parley/room/v1/room_service.grpc.pb.h"
#include "services/room/application/room_application.h"
#include "services/room/rpc/room_watch.h"

namespace parley::room {

/// RoomService for the network: checks requests, translates them for the application and its answers back.
class RoomRpc final : public v1::RoomService::CallbackService {
 public:
  /// `application` must outlive the service and every call that is under way.
  explicit RoomRpc(RoomApplication& application) : application_(application) {}

  grpc::ServerUnaryReactor* CreateRoom(grpc::CallbackServerContext* context,
                                       const v1::CreateRoomRequest* request,
                                       v1::CreateRoomResponse* response) override;
  grpc::ServerUnaryReactor* GetRoom(grpc::CallbackServerContext* context, const v1::GetRoomRequest* request,
                                    v1::GetRoomResponse* response) override;
  grpc::ServerUnaryReactor* JoinRoom(grpc::CallbackServerContext* context, const v1::JoinRoomRequest* request,
                                     v1::JoinRoomResponse* response) override;
  grpc::ServerUnaryReactor* LeaveRoom(grpc::CallbackServerContext* context,
                                      const v1::LeaveRoomRequest* request,
                                      v1::LeaveRoomResponse* response) override;
  grpc::ServerUnaryReactor* DisconnectParticipant(grpc::CallbackServerContext* context,
                                                  const v1::DisconnectParticipantRequest* request,
                                                  v1::DisconnectParticipantResponse* response) override;
  grpc::ServerUnaryReactor* ReconnectParticipant(grpc::CallbackServerContext* context,
                                                 const v1::ReconnectParticipantRequest* request,
                                                 v1::ReconnectParticipantResponse* response) override;
  grpc::ServerUnaryReactor* RenewLease(grpc::CallbackServerContext* context,
                                       const v1::RenewLeaseRequest* request,
                                       v1::RenewLeaseResponse* response) override;
  grpc::ServerUnaryReactor* UpdateName(grpc::CallbackServerContext* context,
                                       const v1::UpdateNameRequest* request,
                                       v1::UpdateNameResponse* response) override;
  grpc::ServerUnaryReactor* UpdateMediaState(grpc::CallbackServerContext* context,
                                             const v1::UpdateMediaStateRequest* request,
                                             v1::UpdateMediaStateResponse* response) override;
  grpc::ServerUnaryReactor* ListRoomEvents(grpc::CallbackServerContext* context,
                                           const v1::ListRoomEventsRequest* request,
                                           v1::ListRoomEventsResponse* response) override;
  grpc::ServerBidiReactor<v1::WatchRoomsRequest, v1::WatchRoomsResponse>* WatchRooms(
      grpc::CallbackServerContext* context) override;

  /// Ends all Watch streams, and those that are opened from now on, with SHUTTING_DOWN.
  void StopWatches() { watches_.Stop(); }

 private:
  // Constant after construction.
  RoomApplication& application_;

  rpc::RpcCounter create_room_{"CreateRoom"};
  rpc::RpcCounter get_room_{"GetRoom"};
  rpc::RpcCounter join_room_{"JoinRoom"};
  rpc::RpcCounter leave_room_{"LeaveRoom"};
  rpc::RpcCounter disconnect_participant_{"DisconnectParticipant"};
  rpc::RpcCounter reconnect_participant_{"ReconnectParticipant"};
  rpc::RpcCounter renew_lease_{"RenewLease"};
  rpc::RpcCounter update_name_{"UpdateName"};
  rpc::RpcCounter update_media_state_{"UpdateMediaState"};
  rpc::RpcCounter list_room_events_{"ListRoomEvents"};
  WatchSet watches_;
};

}  // namespace parley::room
