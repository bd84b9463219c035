#pragma once

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/grpc_server.h"
#include "parley/room/v1/room_service.grpc.pb.h"

namespace parley {

// Parts of what the service says on a Watch stream.
room::v1::RoomUpdate SnapshotUpdate(const std::string& room_id, std::uint64_t incarnation,
                                    std::uint64_t sequence);
room::v1::RoomUpdate JoinedUpdate(const std::string& room_id, std::uint64_t incarnation,
                                  std::uint64_t sequence, const std::string& participant_id = "somebody");
room::v1::RoomUpdate HeartbeatUpdate(const std::string& room_id, std::uint64_t incarnation,
                                     std::uint64_t sequence);
/// Says that a heartbeat has arrived, and nothing of a room.
std::optional<room::v1::RoomUpdate> AnswerWithoutPosition(const parley::common::v1::Heartbeat& heartbeat);
room::v1::RoomUpdate EndedUpdate(const std::string& room_id,
                                 parley::common::v1::SubscriptionEnded::Reason reason);

/// A room-service that does what a test tells it: says what is given to Tell, and nothing by itself but
/// answers to heartbeats. Serves on a port of its own from Start to Stop, which may be repeated and keep the
/// port.
///
/// Members may be called from any thread. What waits for a client gives up after 20 s, for a test that has
/// failed.
class ScriptedRoomService final : private room::v1::RoomService::Service {
 public:
  using GetAnswer = std::function<absl::StatusOr<room::v1::GetRoomResponse>(const room::v1::GetRoomRequest&)>;

  /// Nothing is said when it returns nothing.
  using HeartbeatAnswer =
      std::function<std::optional<room::v1::RoomUpdate>(const parley::common::v1::Heartbeat&)>;

  using SubscribeAnswer = std::function<room::v1::RoomUpdate(const parley::common::v1::Subscribe&)>;

  ScriptedRoomService();
  ~ScriptedRoomService() override { Stop(); }

  void Start();
  /// Cuts off everything that is under way.
  void Stop();

  std::string address() const;

  /// How GetRoom is answered; with NOT_FOUND until this is called.
  void set_get_answer(GetAnswer answer);

  /// What every subscription is answered with; nothing until this is called.
  void set_subscribe_answer(SubscribeAnswer answer);

  /// How heartbeats are answered; by one without a position until this is called.
  void set_heartbeat_answer(HeartbeatAnswer answer);

  /// The rooms that heartbeats have named so far, in the order of arrival; waits until there are `count`.
  std::vector<std::string> AwaitHeartbeats(std::size_t count);

  /// The next request on the Watch stream but heartbeats, in the order of arrival; nothing when none comes.
  std::optional<room::v1::WatchRoomsRequest> NextRequest();
  /// Requests that have arrived and were not taken.
  std::size_t pending_requests();

  /// Says something on the stream that was opened last, once there is one.
  void Tell(const room::v1::WatchRoomsResponse& response);
  void Tell(const room::v1::RoomUpdate& update);
  /// Breaks the stream that is open; requests that were not taken are forgotten.
  void Break();
  /// How many streams have been opened so far.
  int streams();

 private:
  using Stream = grpc::ServerReaderWriter<room::v1::WatchRoomsResponse, room::v1::WatchRoomsRequest>;

  grpc::Status GetRoom(grpc::ServerContext* context, const room::v1::GetRoomRequest* request,
                       room::v1::GetRoomResponse* response) override;
  grpc::Status WatchRooms(grpc::ServerContext* context, Stream* stream) override;

  int port_ = 0;
  std::unique_ptr<rpc::GrpcServer> server_;

  absl::Mutex mutex_;
  GetAnswer get_answer_ ABSL_GUARDED_BY(mutex_);
  SubscribeAnswer subscribe_answer_ ABSL_GUARDED_BY(mutex_);
  HeartbeatAnswer heartbeat_answer_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> heartbeats_ ABSL_GUARDED_BY(mutex_);
  Stream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
  grpc::ServerContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
  int streams_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<room::v1::WatchRoomsRequest> requests_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley
