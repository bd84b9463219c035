#include "edge/rpc/room_client.h"

namespace parley::edge {

using Async = room::v1::RoomService::StubInterface::async_interface;

RoomClient::RoomClient(const std::shared_ptr<grpc::Channel>& channel, std::chrono::milliseconds timeout)
    : stub_(Service::NewStub(channel)), timeout_(timeout) {}

Reply<room::v1::CreateRoomResponse> RoomClient::CreateRoom(room::v1::CreateRoomRequest request) {
  return Call(*stub_->async(), &Async::CreateRoom, std::move(request), timeout_);
}

Reply<room::v1::GetRoomResponse> RoomClient::GetRoom(room::v1::GetRoomRequest request) {
  return Call(*stub_->async(), &Async::GetRoom, std::move(request), timeout_);
}

Reply<room::v1::JoinRoomResponse> RoomClient::JoinRoom(room::v1::JoinRoomRequest request) {
  return Call(*stub_->async(), &Async::JoinRoom, std::move(request), timeout_);
}

Reply<room::v1::LeaveRoomResponse> RoomClient::LeaveRoom(room::v1::LeaveRoomRequest request) {
  return Call(*stub_->async(), &Async::LeaveRoom, std::move(request), timeout_);
}

Reply<room::v1::DisconnectParticipantResponse> RoomClient::DisconnectParticipant(
    room::v1::DisconnectParticipantRequest request) {
  return Call(*stub_->async(), &Async::DisconnectParticipant, std::move(request), timeout_);
}

Reply<room::v1::ReconnectParticipantResponse> RoomClient::ReconnectParticipant(
    room::v1::ReconnectParticipantRequest request) {
  return Call(*stub_->async(), &Async::ReconnectParticipant, std::move(request), timeout_);
}

Reply<room::v1::RenewLeaseResponse> RoomClient::RenewLease(room::v1::RenewLeaseRequest request) {
  return Call(*stub_->async(), &Async::RenewLease, std::move(request), timeout_);
}

Reply<room::v1::UpdateNameResponse> RoomClient::UpdateName(room::v1::UpdateNameRequest request) {
  return Call(*stub_->async(), &Async::UpdateName, std::move(request), timeout_);
}

Reply<room::v1::UpdateMediaStateResponse> RoomClient::UpdateMediaState(
    room::v1::UpdateMediaStateRequest request) {
  return Call(*stub_->async(), &Async::UpdateMediaState, std::move(request), timeout_);
}

Reply<room::v1::ListRoomEventsResponse> RoomClient::ListRoomEvents(room::v1::ListRoomEventsRequest request) {
  return Call(*stub_->async(), &Async::ListRoomEvents, std::move(request), timeout_);
}

}  // namespace parley::edge
