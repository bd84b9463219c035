#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "edge/fanout/broadcast.h"
#include "edge/fanout/member.h"
#include "edge/fanout/worker_probe.h"
#include "edge/rpc/messaging_client.h"
#include "edge/rpc/room_client.h"
#include "edge/server/worker.h"

namespace parley::edge {

/// Carries what happens in the rooms from the services' watches to the sockets of this edge: each event is
/// encoded once and costs one post per worker that has members there.
class Broadcaster {
 public:
  /// What is used must outlive the broadcaster; the clients, which are started after this, and the workers
  /// must have stopped before it is destroyed.
  Broadcaster(server::WorkerPool& workers, RoomClient& rooms, MessagingClient& messages);
  ~Broadcaster();

  /// Makes sure that everything that happens in the room from now on reaches `member`, which may then ask for
  /// the room as it is. Fails with ROOM_NOT_FOUND, or with SERVICE_UNAVAILABLE when a service doesn't answer
  /// within `timeout`; the member isn't attached then. On the member's worker thread, like the members below.
  boost::asio::awaitable<absl::Status> Attach(std::string room_id, std::shared_ptr<Member> member,
                                              std::chrono::milliseconds timeout);

  /// Ends what Attach began. A member that isn't attached is passed over.
  void Detach(const std::shared_ptr<Member>& member);

  /// Whether news of either service would arrive. Any thread.
  bool RoomWatchLive() const { return room_watch_.live(); }
  bool MessageWatchLive() const { return message_watch_.live(); }
  /// Whether news would get on to the sockets from there. Any thread.
  bool WorkersLive() const { return probe_.live(WorkerProbe::Clock::now()); }

 private:
  struct Waiter;

  /// A room that this edge follows because it has members there. Guarded by mutex_.
  struct Room {
    std::string id;
    std::vector<std::size_t> members_by_worker;
    bool confirmed[2] = {false, false};
    bool over = false;
    std::uint64_t incarnation[2] = {0, 0};
    std::vector<std::shared_ptr<Waiter>> waiters;
  };

  /// The members on one worker; that worker's thread only.
  struct LocalRooms {
    std::unordered_map<std::string, std::vector<std::shared_ptr<Member>>> by_id;
    absl::flat_hash_map<Member*, std::shared_ptr<Room>> attached;
  };

  using Delivery = std::pair<std::string, SharedBroadcast>;

  /// Hears of one service; collects what one message of the watch brings, and posts it to the workers at its
  /// end.
  template <typename Watch>
  class Feed;

  /// Where to deliver a room's broadcast: one flag per worker.
  std::vector<bool> WorkersOf(const std::string& room_id);
  void Confirm(Source source, const std::string& room_id, std::uint64_t incarnation);
  /// What a snapshot in the middle means: kMissed, or kRepositioned for another incarnation.
  Broadcast::Kind OnRepeatedSnapshot(Source source, const std::string& room_id, std::uint64_t incarnation);
  /// Forgets the room and fails those who wait for it; true when there were members to be told.
  bool End(const std::string& room_id);
  void Post(std::size_t worker, std::vector<Delivery> deliveries);
  void DeliverLocally(std::size_t worker, const std::vector<Delivery>& deliveries);
  void Wake(Room& room, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Unfollow(Room& room) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  server::WorkerPool& workers_;
  std::vector<LocalRooms> local_;
  WorkerProbe probe_;
  std::unique_ptr<Feed<RoomWatch>> room_feed_;
  std::unique_ptr<Feed<MessageWatch>> message_feed_;
  RoomWatch& room_watch_;
  MessageWatch& message_watch_;

  absl::Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Room>> rooms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::edge
