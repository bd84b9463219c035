#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/watch_server.h"
#include "parley/room/v1/room_service.pb.h"
#include "services/room/application/room_application.h"

namespace parley::room {

/// Joins one stream to the rooms that its client follows. Lives as long as the stream, and as long as a room
/// still tells it something.
class RoomWatch final : public rpc::WatchDelegate,
                        public RoomApplication::Subscriber,
                        public std::enable_shared_from_this<RoomWatch> {
 public:
  using Sink = rpc::UpdateSink<v1::RoomUpdate>;

  /// The application must outlive the stream.
  RoomWatch(RoomApplication& application, std::shared_ptr<Sink> sink);

  // For the stream.
  void Subscribe(const common::v1::Subscribe& subscribe) override;
  void Unsubscribe(const std::string& room_id) override;
  std::optional<Position> PositionOf(const std::string& room_id) override;
  void Closed() override;

  // For the rooms.
  void OnSnapshot(const std::string& room_id, const Room& room, Position position) override;
  void OnRecord(const std::string& room_id, const std::shared_ptr<const v1::RoomEvent>& record) override;
  void OnEnded(const std::string& room_id, EndReason reason) override;

 private:
  /// Takes a room from those that are followed.
  void Remove(const std::string& room_id);

  // Constant after construction.
  RoomApplication& application_;
  const std::shared_ptr<Sink> sink_;

  absl::Mutex mutex_;
  std::unordered_set<std::string> followed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::room
