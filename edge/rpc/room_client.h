#pragma once

#include <chrono>
#include <memory>

#include "edge/rpc/call.h"
#include "edge/rpc/watches.h"
#include "parley/room/v1/room_service.grpc.pb.h"

namespace parley::edge {

/// room-service as coroutines see it: each member is the rpc of that name, repeated as Call does. May be used
/// on any worker.
class RoomClient {
 public:
  /// `timeout` bounds every call; after it the call fails with SERVICE_UNAVAILABLE.
  /// `loop`, `timers` and `clock` must outlive the client.
  RoomClient(const std::shared_ptr<grpc::Channel>& channel, CompletionLoop& loop,
             std::chrono::milliseconds timeout, TimerQueue& timers, const Clock& clock);

  /// What tells `observer`, which must live until Stop, of rooms. To be called once, before Start.
  RoomWatch& MakeWatch(RoomWatch::Observer& observer) { return calls_.MakeWatch("rooms", observer); }

  /// Connects; what is called before waits for that.
  void Start() { calls_.Start(); }

  /// Ends what it has open; calls are not answered any more, and nothing is told of rooms. Not on a worker's
  /// or gRPC's thread.
  void Stop() { calls_.Stop(); }

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
  struct Calls {
    using Service = room::v1::RoomService;
    using Request = room::v1::MakeCallsRequest;
    using Response = room::v1::MakeCallsResponse;
    using Watch = RoomWatch;
    static std::unique_ptr<grpc::ClientAsyncReaderWriter<Request, Response>> Prepare(
        Service::Stub& stub, grpc::ClientContext* context, grpc::CompletionQueue* queue) {
      return stub.PrepareAsyncMakeCalls(context, queue);
    }
  };

  CallClient<Calls> calls_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace parley::edge
