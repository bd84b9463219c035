#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/timer_queue.h"
#include "common/grpc/watch_client.h"
#include "parley/room/v1/room_service.grpc.pb.h"
#include "services/messaging/application/room_source.h"

namespace parley::messaging {

/// How WatchClient follows RoomService.
struct RoomWatchTraits {
  using Service = room::v1::RoomService;
  using Request = room::v1::WatchRoomsRequest;
  using Response = room::v1::WatchRoomsResponse;
  using Snapshot = room::v1::RoomSnapshot;
  using Event = room::v1::RoomEvent;

  static void Open(Service::Stub& stub, grpc::ClientContext* context,
                   grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->WatchRooms(context, reactor);
  }
};

/// Rooms as room-service tells of them.
class RoomServiceSource final : public RoomSource, private rpc::WatchClient<RoomWatchTraits>::Observer {
 public:
  /// `timers` and `clock` must outlive the source.
  RoomServiceSource(std::shared_ptr<grpc::Channel> channel, TimerQueue& timers, const Clock& clock);
  ~RoomServiceSource() override;

  /// Begins to tell `observer`, which must live until Stop. To be called once, before everything else.
  void Start(RoomSource::Observer& observer);

  /// Has `reached` called once room-service has been heard of for the first time: before this returns, or on
  /// another thread; under a lock. Null: not any more.
  void WhenReached(std::function<void()> reached);

  /// Tells and answers nothing after it returns, which takes as long as the longest Get that is under way.
  /// Must not be called by the observer.
  void Stop();

  void Follow(const std::string& room_id) override;
  void Get(const RoomReference& room, Duration timeout,
           std::function<void(absl::StatusOr<RoomView>)> done) override;

 private:
  using Watch = rpc::WatchClient<RoomWatchTraits>;

  void OnSnapshot(const std::string& room_id, const room::v1::RoomSnapshot& snapshot, bool first) override;
  void OnEvent(const std::string& room_id, const room::v1::RoomEvent& event) override;
  void OnEnded(const std::string& room_id, Watch::EndReason reason) override;
  void OnOpened() override;

  /// What a question came to, but for the answer that there is no such room.
  void NoteAnswer(const absl::Status& status);

  // Constant after construction.
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<room::v1::RoomService::Stub> stub_;
  TimerQueue& timers_;
  const Clock& clock_;

  // Constant after Start.
  RoomSource::Observer* observer_ = nullptr;
  std::unique_ptr<Watch> watch_;

  absl::Mutex mutex_;
  int gets_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  /// The last question was left without an answer.
  bool unanswered_ ABSL_GUARDED_BY(mutex_) = false;
  bool reached_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<void()> when_reached_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::messaging
