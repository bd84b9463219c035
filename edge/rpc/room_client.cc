#include "edge/rpc/room_client.h"

namespace parley::edge {

RoomClient::RoomClient(const std::shared_ptr<grpc::Channel>& channel, CompletionLoop& loop,
                       std::chrono::milliseconds timeout, TimerQueue& timers, const Clock& clock)
    : calls_("RoomService", channel, loop, timers, clock), timeout_(timeout) {}

Reply<room::v1::CreateRoomResponse> RoomClient::CreateRoom(room::v1::CreateRoomRequest request) {
  return Call<room::v1::CreateRoomResponse>(calls_, "CreateRoom", std::move(request), timeout_);
}

Reply<room::v1::GetRoomResponse> RoomClient::GetRoom(room::v1::GetRoomRequest request) {
  return Call<room::v1::GetRoomResponse>(calls_, "GetRoom", std::move(request), timeout_);
}

Reply<room::v1::JoinRoomResponse> RoomClient::JoinRoom(room::v1::JoinRoomRequest request) {
  return Call<room::v1::JoinRoomResponse>(calls_, "JoinRoom", std::move(request), timeout_);
}

Reply<room::v1::LeaveRoomResponse> RoomClient::LeaveRoom(room::v1::LeaveRoomRequest request) {
  return Call<room::v1::LeaveRoomResponse>(calls_, "LeaveRoom", std::move(request), timeout_);
}

Reply<room::v1::DisconnectParticipantResponse> RoomClient::DisconnectParticipant(
    room::v1::DisconnectParticipantRequest request) {
  return Call<room::v1::DisconnectParticipantResponse>(calls_, "DisconnectParticipant", std::move(request),
                                                       timeout_);
}

Reply<room::v1::ReconnectParticipantResponse> RoomClient::ReconnectParticipant(
    room::v1::ReconnectParticipantRequest request) {
  return Call<room::v1::ReconnectParticipantResponse>(calls_, "ReconnectParticipant", std::move(request),
                                                      timeout_);
}

Reply<room::v1::RenewLeaseResponse> RoomClient::RenewLease(room::v1::RenewLeaseRequest request) {
  return Call<room::v1::RenewLeaseResponse>(calls_, "RenewLease", std::move(request), timeout_);
}

Reply<room::v1::UpdateNameResponse> RoomClient::UpdateName(room::v1::UpdateNameRequest request) {
  return Call<room::v1::UpdateNameResponse>(calls_, "UpdateName", std::move(request), timeout_);
}

Reply<room::v1::UpdateMediaStateResponse> RoomClient::UpdateMediaState(
    room::v1::UpdateMediaStateRequest request) {
  return Call<room::v1::UpdateMediaStateResponse>(calls_, "UpdateMediaState", std::move(request), timeout_);
}

Reply<room::v1::ListRoomEventsResponse> RoomClient::ListRoomEvents(room::v1::ListRoomEventsRequest request) {
  return Call<room::v1::ListRoomEventsResponse>(calls_, "ListRoomEvents", std::move(request), timeout_);
}

}  // namespace parley::edge
