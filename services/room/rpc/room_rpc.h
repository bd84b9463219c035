#pragma once

#include <memory>
#include <utility>

#include "common/grpc/call_stream.h"
#include "common/grpc/unary_rpc.h"
#include "common/grpc/watch_server.h"
#include "parley/room/v1/room_service.grpc.pb.h"
#include "services/room/application/room_application.h"
#include "services/room/rpc/room_watch.h"

namespace parley::room {

using Calls = rpc::CallStream<v1::MakeCallsRequest, v1::MakeCallsResponse>;
using Watches = rpc::WatchStream<v1::WatchRoomsRequest, v1::WatchRoomsResponse>;

/// RoomService for the network: checks requests, translates them for the application and its answers back.
class RoomRpc final : public v1::RoomService::CallbackService {
 public:
  /// `application` must outlive the service and every call that is under way.
  explicit RoomRpc(RoomApplication& application) : application_(application) {}

  grpc::ServerUnaryReactor* CreateRoom(grpc::CallbackServerContext* context,
                                       const v1::CreateRoomRequest* request,
                                       v1::CreateRoomResponse* response) override {
    return create_room_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* GetRoom(grpc::CallbackServerContext* context, const v1::GetRoomRequest* request,
                                    v1::GetRoomResponse* response) override {
    return get_room_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* JoinRoom(grpc::CallbackServerContext* context, const v1::JoinRoomRequest* request,
                                     v1::JoinRoomResponse* response) override {
    return join_room_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* LeaveRoom(grpc::CallbackServerContext* context,
                                      const v1::LeaveRoomRequest* request,
                                      v1::LeaveRoomResponse* response) override {
    return leave_room_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* DisconnectParticipant(grpc::CallbackServerContext* context,
                                                  const v1::DisconnectParticipantRequest* request,
                                                  v1::DisconnectParticipantResponse* response) override {
    return disconnect_participant_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* ReconnectParticipant(grpc::CallbackServerContext* context,
                                                 const v1::ReconnectParticipantRequest* request,
                                                 v1::ReconnectParticipantResponse* response) override {
    return reconnect_participant_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* RenewLease(grpc::CallbackServerContext* context,
                                       const v1::RenewLeaseRequest* request,
                                       v1::RenewLeaseResponse* response) override {
    return renew_lease_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* UpdateName(grpc::CallbackServerContext* context,
                                       const v1::UpdateNameRequest* request,
                                       v1::UpdateNameResponse* response) override {
    return update_name_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* UpdateMediaState(grpc::CallbackServerContext* context,
                                             const v1::UpdateMediaStateRequest* request,
                                             v1::UpdateMediaStateResponse* response) override {
    return update_media_state_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* ListRoomEvents(grpc::CallbackServerContext* context,
                                           const v1::ListRoomEventsRequest* request,
                                           v1::ListRoomEventsResponse* response) override {
    return list_room_events_.Serve(context, request, response);
  }
  grpc::ServerBidiReactor<v1::WatchRoomsRequest, v1::WatchRoomsResponse>* WatchRooms(
      grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<v1::MakeCallsRequest, v1::MakeCallsResponse>* MakeCalls(
      grpc::CallbackServerContext* context) override;

  /// Ends all Watch streams, and those that are opened from now on, with SHUTTING_DOWN; and the streams of
  /// calls, as soon as what they have taken is answered.
  void StopStreams() {
    watches_.Stop();
    call_streams_.Stop();
  }

 private:
  // What the rpcs do, by whichever way a call comes.
  void CreateRoom(const rpc::ServerCall& call, const v1::CreateRoomRequest& request,
                  v1::CreateRoomResponse* response);
  void GetRoom(const rpc::ServerCall& call, const v1::GetRoomRequest& request, v1::GetRoomResponse* response);
  void JoinRoom(const rpc::ServerCall& call, const v1::JoinRoomRequest& request,
                v1::JoinRoomResponse* response);
  void LeaveRoom(const rpc::ServerCall& call, const v1::LeaveRoomRequest& request,
                 v1::LeaveRoomResponse* response);
  void DisconnectParticipant(const rpc::ServerCall& call, const v1::DisconnectParticipantRequest& request,
                             v1::DisconnectParticipantResponse* response);
  void ReconnectParticipant(const rpc::ServerCall& call, const v1::ReconnectParticipantRequest& request,
                            v1::ReconnectParticipantResponse* response);
  void RenewLease(const rpc::ServerCall& call, const v1::RenewLeaseRequest& request,
                  v1::RenewLeaseResponse* response);
  void UpdateName(const rpc::ServerCall& call, const v1::UpdateNameRequest& request,
                  v1::UpdateNameResponse* response);
  void UpdateMediaState(const rpc::ServerCall& call, const v1::UpdateMediaStateRequest& request,
                        v1::UpdateMediaStateResponse* response);
  void ListRoomEvents(const rpc::ServerCall& call, const v1::ListRoomEventsRequest& request,
                      v1::ListRoomEventsResponse* response);

  // Constant after construction.
  RoomApplication& application_;
  rpc::UnaryRpc<v1::CreateRoomRequest, v1::CreateRoomResponse> create_room_{"CreateRoom", *this,
                                                                            &RoomRpc::CreateRoom};
  rpc::UnaryRpc<v1::GetRoomRequest, v1::GetRoomResponse> get_room_{"GetRoom", *this, &RoomRpc::GetRoom};
  rpc::UnaryRpc<v1::JoinRoomRequest, v1::JoinRoomResponse> join_room_{"JoinRoom", *this, &RoomRpc::JoinRoom};
  rpc::UnaryRpc<v1::LeaveRoomRequest, v1::LeaveRoomResponse> leave_room_{"LeaveRoom", *this,
                                                                         &RoomRpc::LeaveRoom};
  rpc::UnaryRpc<v1::DisconnectParticipantRequest, v1::DisconnectParticipantResponse> disconnect_participant_{
      "DisconnectParticipant", *this, &RoomRpc::DisconnectParticipant};
  rpc::UnaryRpc<v1::ReconnectParticipantRequest, v1::ReconnectParticipantResponse> reconnect_participant_{
      "ReconnectParticipant", *this, &RoomRpc::ReconnectParticipant};
  rpc::UnaryRpc<v1::RenewLeaseRequest, v1::RenewLeaseResponse> renew_lease_{"RenewLease", *this,
                                                                            &RoomRpc::RenewLease};
  rpc::UnaryRpc<v1::UpdateNameRequest, v1::UpdateNameResponse> update_name_{"UpdateName", *this,
                                                                            &RoomRpc::UpdateName};
  rpc::UnaryRpc<v1::UpdateMediaStateRequest, v1::UpdateMediaStateResponse> update_media_state_{
      "UpdateMediaState", *this, &RoomRpc::UpdateMediaState};
  rpc::UnaryRpc<v1::ListRoomEventsRequest, v1::ListRoomEventsResponse> list_room_events_{
      "ListRoomEvents", *this, &RoomRpc::ListRoomEvents};
  const rpc::RpcTable rpcs_{
      &create_room_,           &get_room_,    &join_room_,   &leave_room_,         &disconnect_participant_,
      &reconnect_participant_, &renew_lease_, &update_name_, &update_media_state_, &list_room_events_};

  const Watches::MakeDelegate make_watch_ = [this](std::shared_ptr<RoomWatch::Sink> sink) {
    return std::make_shared<RoomWatch>(application_, std::move(sink));
  };
  Watches::Set watches_;
  Calls::Set call_streams_;
};

}  // namespace parley::room
