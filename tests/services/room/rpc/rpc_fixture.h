#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/clock/clock.h"
#include "common/clock/timer_queue.h"
#include "common/grpc/grpc_server.h"
#include "common/grpc/status_conversion.h"
#include "common/ids/ids.h"
#include "common/status/error.h"
#include "common/storage/memory_log_store.h"
#include "gtest/gtest.h"
#include "parley/room/v1/room_service.grpc.pb.h"
#include "services/room/application/room_application.h"
#include "services/room/rpc/room_rpc.h"
#include "tests/support/connected_channel.h"

namespace parley::room {

/// How long a call may take before the test gives it up: far longer than any does, so that only a hang fails.
inline constexpr std::chrono::seconds kPatience{60};

/// A client's end of a Watch stream that is read by hand.
class Watcher {
 public:
  explicit Watcher(v1::RoomService::Stub& stub) {
    context_.set_deadline(std::chrono::system_clock::now() + kPatience);
    stream_ = stub.WatchRooms(&context_);
  }

  /// Returns when the service has taken the stream up.
  void AwaitOpen() { stream_->WaitForInitialMetadata(); }

  bool Subscribe(const std::string& room_id, std::optional<common::v1::Position> after = std::nullopt) {
    v1::WatchRoomsRequest request;
    request.mutable_subscribe()->set_room_id(room_id);
    if (after) *request.mutable_subscribe()->mutable_after() = *after;
    return stream_->Write(request);
  }

  bool Unsubscribe(const std::string& room_id) {
    v1::WatchRoomsRequest request;
    request.mutable_unsubscribe()->set_room_id(room_id);
    return stream_->Write(request);
  }

  bool Heartbeat(const std::string& room_id) {
    v1::WatchRoomsRequest request;
    request.mutable_heartbeat()->set_room_id(room_id);
    return stream_->Write(request);
  }

  bool Write(const v1::WatchRoomsRequest& request) { return stream_->Write(request); }
  void HalfClose() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }

  /// The next update; an empty one when the stream is over.
  v1::RoomUpdate Next() {
    while (updates_.empty()) {
      v1::WatchRoomsResponse response;
      if (!stream_->Read(&response)) return {};
      EXPECT_GT(response.updates_size(), 0);
      for (auto& update : *response.mutable_updates()) updates_.push_back(std::move(update));
    }
    v1::RoomUpdate update = std::move(updates_.front());
    updates_.pop_front();
    return update;
  }

  /// What the stream ended with; reads it to its end.
  absl::Status Finish() {
    v1::WatchRoomsResponse response;
    while (stream_->Read(&response)) {
    }
    return rpc::FromGrpcStatus(stream_->Finish());
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WatchRoomsRequest, v1::WatchRoomsResponse>> stream_;
  std::deque<v1::RoomUpdate> updates_;
};

/// The service on a free port, and a client of it.
class RpcFixture : public ::testing::Test {
 protected:
  explicit RpcFixture(RoomApplication::Options options = {.join_timeout = Duration(3'600'000)})
      : timers_(clock_),
        application_(store_, clock_, ids_, timers_, options),
        service_(application_),
        server_("127.0.0.1:0", {&service_}),
        stub_(v1::RoomService::NewStub(parley::testing::ConnectedChannel(server_.port()))) {}

  ~RpcFixture() override {
    service_.StopStreams();
    server_.Shutdown(std::chrono::seconds(10));
  }

  /// Calls a unary rpc: Ask(&v1::RoomService::Stub::JoinRoom, request).
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(grpc::Status (v1::RoomService::Stub::*method)(grpc::ClientContext*,
                                                                             const Request&, Response*),
                               const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    Response response;
    const absl::Status status = rpc::FromGrpcStatus((stub_.get()->*method)(&context, request, &response));
    if (!status.ok()) return status;
    return response;
  }

  std::string CreateRoom() {
    return Ask(&v1::RoomService::Stub::CreateRoom, v1::CreateRoomRequest()).value().room().id();
  }

  v1::JoinRoomResponse JoinRoom(const std::string& room_id) {
    v1::JoinRoomRequest request;
    request.set_room_id(room_id);
    return Ask(&v1::RoomService::Stub::JoinRoom, request).value();
  }

  absl::Status UpdateName(const std::string& room_id, const v1::Credentials& credentials,
                          const std::string& name) {
    v1::UpdateNameRequest request;
    request.set_room_id(room_id);
    *request.mutable_credentials() = credentials;
    request.set_name(name);
    return Ask(&v1::RoomService::Stub::UpdateName, request).status();
  }

  absl::Status LeaveRoom(const std::string& room_id, const v1::Credentials& credentials) {
    v1::LeaveRoomRequest request;
    request.set_room_id(room_id);
    *request.mutable_credentials() = credentials;
    return Ask(&v1::RoomService::Stub::LeaveRoom, request).status();
  }

  const SystemClock clock_;
  RandomIdSource ids_;
  storage::MemoryLogStore store_;
  TimerQueue timers_;
  RoomApplication application_;
  RoomRpc service_;
  rpc::GrpcServer server_;
  std::unique_ptr<v1::RoomService::Stub> stub_;
};

}  // namespace parley::room
