#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "services/messaging/application/membership.h"
#include "services/messaging/application/room_source.h"

namespace parley::messaging {

/// Calls a function at a time, on some thread; dropped at the end of the process. TimerQueue::At, or a test.
using Schedule = std::function<void(Time when, std::function<void()> fire)>;

/// One life of a room.
struct RoomLife {
  std::string room_id;
  std::uint64_t incarnation = 0;
};

/// Who is in which room: what messaging-service knows of room-service. A room is followed from the first
/// question about it until it ends, and questions that come before the answer is known wait. It is followed
/// through the source's news only; asking the source outright (Get) finds a room by its hash and brings news
/// forward, but begins and ends nothing, because only the news are in order.
///
/// All members may be called from any thread. Callbacks are called exactly once, before the member returns or
/// later, never under a lock.
class MembershipDirectory final : public RoomSource::Observer {
 public:
  /// Keeps what belongs to the rooms. Called without a lock, one call at a time.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// A life of a room has begun: whatever is left of another life has to go. Nobody finds the room before
    /// `opened` is called.
    virtual void OpenRoom(const RoomLife& room, std::function<void()> opened) = 0;
    /// It is over.
    virtual void CloseRoom(const std::string& room_id) = 0;
    /// Those of `participant_ids` whose names will not be asked for any more.
    virtual std::vector<std::string> FindUnnamed(const std::string& room_id,
                                                 const std::vector<std::string>& participant_ids) = 0;
  };

  using Found = std::function<void(absl::StatusOr<RoomLife>)>;
  using Refreshed = std::function<void(absl::Status)>;

  /// How long a question to the source may take.
  static constexpr Duration kAskTimeout{2'000};

  /// All must outlive the directory, and the directory every callback of theirs.
  MembershipDirectory(RoomSource& source, Listener& listener, Schedule schedule, const Clock& clock);

  /// Finds a room, and waits for the first news of it: ROOM_NOT_FOUND, or UNAVAILABLE when there is none
  /// until `deadline`.
  void Find(const RoomReference& room, Time deadline, Found done);

  /// Waits until a position of room-service is known. ROOM_NOT_FOUND when the life it belongs to is over;
  /// UNAVAILABLE.
  void Await(const std::string& room_id, storage::Position position, Time deadline, Found done);

  /// Asks the source for news of a room, since somebody in it isn't known; at most one question per room is
  /// under way. ROOM_NOT_FOUND, UNAVAILABLE.
  void Refresh(const RoomLife& room, Refreshed done);

  /// Calls `read` with what is known by now; ROOM_NOT_FOUND when that life is over. `read` runs under the
  /// directory's lock and may be called at the same time as others.
  absl::Status Read(const RoomLife& room, absl::FunctionRef<void(const Membership&)> read) const;

  /// Answers everybody who waits, and will wait, with SHUTTING_DOWN.
  void Stop();

  void OnSnapshot(const RoomView& view) override;
  void OnChange(const std::string& room_id, const RoomChange& change) override;
  void OnEnded(const std::string& room_id) override;

 private:
  struct Waiter {
    std::uint64_t id = 0;
    /// The position that is waited for; nothing when any will do.
    std::optional<storage::Position> need;
    /// The life that is known to be over although its end wasn't told yet; 0 when there is none.
    std::uint64_t past_incarnation = 0;
    Found done;
  };

  using RefreshBatch = std::vector<Refreshed>;

  struct Room {
    /// Nothing before the first snapshot.
    std::optional<Membership> membership;
    /// What the listener keeps is open.
    bool open = false;
    /// The life that is known is over, but the source hasn't told the end yet.
    bool destroyed = false;
    std::list<Waiter> waiters;
    /// Those who wait for the question that is under way, null when none is, and those who came after it was
    /// asked.
    std::shared_ptr<RefreshBatch> refreshing;
    RefreshBatch refresh_next;
  };

  /// Answers that are given once the lock is released.
  using Answers = std::vector<std::function<void()>>;

  void FindById(const std::string& room_id, std::optional<storage::Position> need, Time deadline, Found done);
  void AwaitNextLife(const std::string& room_id, storage::Position need, std::uint64_t past_incarnation,
                     Time deadline, Found done);
  Room& FollowLocked(const std::string& room_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WaitLocked(const std::string& room_id, Room& room, Waiter waiter, Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// What a waiter is to be told by now; nothing when it has to go on waiting.
  static std::optional<absl::StatusOr<RoomLife>> AnswerFor(const std::string& room_id, const Room& room,
                                                           const Waiter& waiter);
  void AnswerWaitersLocked(const std::string& room_id, Room& room, Answers& answers)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndLocked(const std::string& room_id, Answers& answers) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Whoever waits for news of a life that is over learns that it is.
  static void EndRefresh(Room& room, Answers& answers);
  void Expire(const std::string& room_id, std::uint64_t waiter_id);
  void Opened(const RoomLife& room);
  void Ask(const RoomLife& room, const std::shared_ptr<RefreshBatch>& batch);
  void FinishRefresh(const RoomLife& room, const std::shared_ptr<RefreshBatch>& batch,
                     const absl::StatusOr<RoomView>& view);
  void ReviewFormers(const std::string& room_id, const std::vector<std::string>& formers);

  // Constant after construction.
  RoomSource& source_;
  Listener& listener_;
  const Schedule schedule_;
  const Clock& clock_;

  mutable absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t next_waiter_id_ ABSL_GUARDED_BY(mutex_) = 1;
  absl::flat_hash_map<std::string, std::unique_ptr<Room>> rooms_ ABSL_GUARDED_BY(mutex_);
  /// Ids of the rooms with a membership, by their MD5.
  absl::flat_hash_map<std::string, std::string> ids_by_hash_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::messaging
