#pragma once

#include <chrono>
#include <memory>

#include "edge/rpc/call.h"
#include "parley/room/v1/room_service.grpc.pb.h"

namespace parley::edge {

/// room-service as coroutines see it: each member is the rpc of that name, repeated as Call does. May be used
/// on any worker.
class RoomClient {
 public:
  using Service = room::v1::RoomService;

  /// `timeout` bounds every call; after it the call fails with SERVICE_UNAVAILABLE.
  RoomClient(const std::shared_ptr<grpc::Channel>& channel, std::chrono::milliseconds timeout);

  Reply<room::v1::CreateRoomResponse> CreateRoom(room::v1::CreateRoomRequest request);
  Reply<room::v1::GetRoomResponse> GetRoom(room::v1::GetRoomRequest request);
  Reply<room::v1::JoinRoomResponse> JoinRoom(room::v1::JoinRoomRequest request);
  Reply<room::v1::LeaveRoomResponse> LeaveRoom(room::v1::LeaveRoomRequest request);
  Reply<room::v1::DisconnectParticipantResponse> DisconnectParticipant(
      room::v1::DisconnectParticipantRequest request);
  Reply<room::v1::ReconnectParticipantResponse> ReconnectParticipant(
      room::v1::ReconnectParticipantRequest request);
  Reply<room::v1::RenewLeaseResponse> RenewLease(room::v1::RenewLeaseRequest request);
  Reply<room::v1::UpdateNameResponse> UpdateName(room::v1::UpdateNameRequest request);
  Reply<room::v1::UpdateMediaStateResponse> UpdateMediaState(room::v1::UpdateMediaStateRequest request);
  Reply<room::v1::ListRoomEventsResponse> ListRoomEvents(room::v1::ListRoomEventsRequest request);

 private:
  const std::unique_ptr<Service::Stub> stub_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace parley::edge
