#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/clock/timer_queue.h"
#include "common/grpc/grpc_server.h"
#include "common/ids/ids.h"
#include "common/storage/memory_log_store.h"
#include "parley/messaging/v1/messaging_service.grpc.pb.h"
#include "services/messaging/application/messaging_application.h"
#include "services/messaging/rpc/messaging_rpc_service.h"
#include "services/messaging/rpc/room_service_source.h"
#include "tests/common/grpc/scripted_room_service.h"

namespace parley::messaging {

/// The rooms of a ScriptedRoomService: its truth, which it answers with, and what it tells of changes.
/// Everybody has the key "key of <id>".
class ScriptedRooms {
 public:
  ScriptedRooms();

  ScriptedRoomService& service() { return service_; }

  /// Each returns the position that it leads to, and tells the change when `tell`.
  storage::Position Create(const std::string& room_id, std::uint64_t incarnation,
                           const std::vector<std::string>& participants);
  storage::Position Join(const std::string& room_id, const std::string& participant_id, bool tell = true);
  storage::Position Leave(const std::string& room_id, const std::string& participant_id);
  void Destroy(const std::string& room_id);

 private:
  room::v1::RoomUpdate Next(const std::string& room_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::map<std::string, room::v1::RoomSnapshot> rooms_ ABSL_GUARDED_BY(mutex_);
  // Uses the rooms.
  ScriptedRoomService service_;
};

/// messaging-service as main composes it, in this process.
class MessagingServer {
 public:
  struct Limits {
    SendLimit send_limit{0, 1};
    Duration longest_wait{20'000};
  };

  MessagingServer(const std::string& room_service_address, const Limits& limits);
  ~MessagingServer();

  MessagingRpcService& service() { return service_; }
  MessagingApplication& application() { return application_; }
  v1::MessagingService::Stub& stub() { return *stub_; }

  // Calls, each with a deadline of 20 s unless another one is given; what they fail with has its reason.
  absl::StatusOr<v1::SendMessageResponse> Send(const v1::SendMessageRequest& request,
                                               Duration timeout = kPatience);
  absl::StatusOr<v1::EditMessageResponse> Edit(const v1::EditMessageRequest& request);
  absl::StatusOr<v1::DeleteMessageResponse> Delete(const v1::DeleteMessageRequest& request);
  absl::StatusOr<v1::ListMessagesResponse> List(const v1::ListMessagesRequest& request);
  absl::Status AwaitMembership(const std::string& room_id, const parley::common::v1::Position& position);

  /// Sends something from one to another, or to everyone when `to` is empty.
  absl::StatusOr<v1::SendMessageResponse> Say(const std::string& room_id, const std::string& from,
                                              const std::string& to, const std::string& content);

 private:
  static constexpr Duration kPatience{20'000};

  SystemClock clock_;
  RandomIdSource ids_;
  // With the epoch 0 messages have their room's incarnation.
  storage::MemoryLogStore store_{{}, 0};
  TimerQueue timers_;
  RoomServiceSource source_;
  MessagingApplication application_;
  MessagingRpcService service_;
  std::unique_ptr<rpc::GrpcServer> server_;
  std::unique_ptr<v1::MessagingService::Stub> stub_;
};

/// The rooms of a ScriptedServer; a base of it, so that they are there first.
struct WithScriptedRooms {
  ScriptedRooms scripted_rooms;
};

/// messaging-service with a scripted room-service.
class ScriptedServer final : private WithScriptedRooms, public MessagingServer {
 public:
  ScriptedServer() : ScriptedServer(Limits{}) {}
  explicit ScriptedServer(const Limits& limits)
      : MessagingServer(scripted_rooms.service().address(), limits) {}

  ScriptedRooms& rooms() { return scripted_rooms; }
};

/// A request of each kind that lacks nothing.
v1::SendMessageRequest SendRequest(const std::string& room_id, const std::string& from, const std::string& to,
                                   const std::string& content);
v1::EditMessageRequest EditRequest(const std::string& room_id, const std::string& from,
                                   const std::string& message_id, const std::string& content);
v1::DeleteMessageRequest DeleteRequest(const std::string& room_id, const std::string& from,
                                       const std::string& message_id);
v1::ListMessagesRequest ListRequest(const std::string& room_id, const std::string& from);

}  // namespace parley::messaging
