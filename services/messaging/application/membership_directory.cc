#include "services/messaging/application/membership_directory.h"

#include <utility>

#include "common/ids/digest.h"
#include "services/messaging/domain/errors.h"

namespace parley::messaging {
namespace {

void GiveAll(std::vector<std::function<void()>>& answers) {
  for (const auto& answer : answers) answer();
}

}  // namespace

MembershipDirectory::MembershipDirectory(RoomSource& source, Listener& listener, Schedule schedule,
                                         const Clock& clock)
    : source_(source), listener_(listener), schedule_(std::move(schedule)), clock_(clock) {}

void MembershipDirectory::Find(const RoomReference& room, Time deadline, Found done) {
  std::string room_id = room.id;
  std::optional<RoomLife> open;
  {
    // The way of nearly every call, so it shuts nobody out.
    const absl::ReaderMutexLock lock(&mutex_);
    if (room_id.empty()) {
      const auto id = ids_by_hash_.find(room.id_hash);
      if (id != ids_by_hash_.end()) room_id = id->second;
    }
    const auto found = rooms_.find(room_id);
    if (!stopped_ && found != rooms_.end() && found->second->open && !found->second->destroyed) {
      open = RoomLife{room_id, found->second->membership->position().incarnation};
    }
  }
  if (open) return done(*std::move(open));
  if (!room_id.empty()) return FindById(room_id, std::nullopt, deadline, std::move(done));
  source_.Get(room, std::min(kAskTimeout, deadline - clock_.Now()),
              [this, deadline, done = std::move(done)](const absl::StatusOr<RoomView>& view) {
                if (!view.ok()) return done(view.status());
                FindById(view->room_id, std::nullopt, deadline, done);
              });
}

void MembershipDirectory::Await(const std::string& room_id, storage::Position position, Time deadline,
                                Found done) {
  FindById(room_id, position, deadline, std::move(done));
}

void MembershipDirectory::FindById(const std::string& room_id, std::optional<storage::Position> need,
                                   Time deadline, Found done) {
  std::uint64_t other_life = 0;
  absl::StatusOr<RoomLife> answer = MakeError(kShuttingDown);
  {
    const absl::MutexLock lock(&mutex_);
    if (!stopped_) {
      Room& room = FollowLocked(room_id);
      if (room.open && need && need->incarnation != room.membership->position().incarnation) {
        other_life = room.membership->position().incarnation;
      } else {
        Waiter waiter{next_waiter_id_++, need, 0, nullptr};
        std::optional<absl::StatusOr<RoomLife>> known = AnswerFor(room_id, room, waiter);
        if (!known) {
          waiter.done = std::move(done);
          return WaitLocked(room_id, room, std::move(waiter), deadline);
        }
        answer = *std::move(known);
      }
    }
  }
  if (other_life != 0) return AwaitNextLife(room_id, *need, other_life, deadline, std::move(done));
  done(std::move(answer));
}

void MembershipDirectory::AwaitNextLife(const std::string& room_id, storage::Position need,
                                        std::uint64_t past_incarnation, Time deadline, Found done) {
  // The position belongs to a life before the one that is known, or after it: whoever asks may have heard of
  // that sooner.
  source_.Get({room_id, {}}, std::min(kAskTimeout, deadline - clock_.Now()),
              [this, room_id, need, past_incarnation, deadline,
               done = std::move(done)](const absl::StatusOr<RoomView>& view) {
                if (!view.ok()) return done(view.status());
                if (view->position.incarnation != need.incarnation) return done(MakeError(kRoomNotFound));
                absl::StatusOr<RoomLife> answer = MakeError(kShuttingDown);
                {
                  const absl::MutexLock lock(&mutex_);
                  if (!stopped_) {
                    Room& room = FollowLocked(room_id);
                    Waiter waiter{next_waiter_id_++, need, past_incarnation, done};
                    auto known = AnswerFor(room_id, room, waiter);
                    if (!known) return WaitLocked(room_id, room, std::move(waiter), deadline);
                    answer = *std::move(known);
                  }
                }
                done(std::move(answer));
              });
}

void MembershipDirectory::Refresh(const RoomLife& room, Refreshed done) {
  std::shared_ptr<RefreshBatch> batch;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = rooms_.find(room.room_id);
    if (!stopped_ && found != rooms_.end() && found->second->membership &&
        found->second->membership->position().incarnation == room.incarnation) {
      if (found->second->refreshing) {
        // The question that is under way may have been answered before this one came up.
        found->second->refresh_next.push_back(std::move(done));
        return;
      }
      batch = std::make_shared<RefreshBatch>();
      batch->push_back(std::move(done));
      found->second->refreshing = batch;
    }
  }
  if (!batch) return done(MakeError(kRoomNotFound));
  Ask(room, batch);
}

void MembershipDirectory::Ask(const RoomLife& room, const std::shared_ptr<RefreshBatch>& batch) {
  source_.Get({room.room_id, {}}, kAskTimeout, [this, room, batch](const absl::StatusOr<RoomView>& view) {
    FinishRefresh(room, batch, view);
  });
}

void MembershipDirectory::FinishRefresh(const RoomLife& life, const std::shared_ptr<RefreshBatch>& batch,
                                        const absl::StatusOr<RoomView>& view) {
  Answers answers;
  RefreshBatch refreshed;
  std::shared_ptr<RefreshBatch> next;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = rooms_.find(life.room_id);
    // Otherwise everybody in the batch was answered when the room ended.
    if (found == rooms_.end() || found->second->refreshing != batch) return;
    Room& room = *found->second;
    if (view.ok()) {
      room.membership->Merge(*view, clock_.Now());
      AnswerWaitersLocked(life.room_id, room, answers);
    }
    refreshed.swap(*batch);
    room.refreshing = nullptr;
    if (!room.refresh_next.empty()) {
      next = std::make_shared<RefreshBatch>(std::exchange(room.refresh_next, {}));
      room.refreshing = next;
    }
  }
  GiveAll(answers);
  for (const Refreshed& done : refreshed) done(view.status());
  if (next) Ask(life, next);
}

absl::Status MembershipDirectory::Read(const RoomLife& room,
                                       absl::FunctionRef<void(const Membership&)> read) const {
  const absl::ReaderMutexLock lock(&mutex_);
  const auto found = rooms_.find(room.room_id);
  if (found == rooms_.end() || !found->second->membership || found->second->destroyed ||
      found->second->membership->position().incarnation != room.incarnation) {
    return MakeError(kRoomNotFound);
  }
  read(*found->second->membership);
  return absl::OkStatus();
}

void MembershipDirectory::Stop() {
  Answers answers;
  {
    const absl::MutexLock lock(&mutex_);
    stopped_ = true;
    for (auto& [room_id, room] : rooms_) {
      for (Waiter& waiter : room->waiters) {
        answers.push_back([done = std::move(waiter.done)] { done(MakeError(kShuttingDown)); });
      }
      room->waiters.clear();
    }
  }
  GiveAll(answers);
}

void MembershipDirectory::OnSnapshot(const RoomView& view) {
  const RoomLife life{view.room_id, view.position.incarnation};
  Answers answers;
  bool begins = false;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = rooms_.find(view.room_id);
    if (found == rooms_.end()) return;
    Room& room = *found->second;
    begins = !room.membership || room.membership->position().incarnation != life.incarnation;
    if (begins) {
      // Whoever asked in the former life learns that it is over.
      EndRefresh(room, answers);
      room.membership.emplace(view);
      room.open = false;
      room.destroyed = false;
      ids_by_hash_[Md5Hex(view.room_id)] = view.room_id;
    } else {
      room.membership->Merge(view, clock_.Now());
      AnswerWaitersLocked(view.room_id, room, answers);
    }
  }
  GiveAll(answers);
  if (begins) {
    listener_.OpenRoom(life, [this, life] { Opened(life); });
  }
}

void MembershipDirectory::Opened(const RoomLife& life) {
  Answers answers;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = rooms_.find(life.room_id);
    if (found == rooms_.end() || !found->second->membership ||
        found->second->membership->position().incarnation != life.incarnation) {
      return;
    }
    found->second->open = true;
    AnswerWaitersLocked(life.room_id, *found->second, answers);
  }
  GiveAll(answers);
}

void MembershipDirectory::OnChange(const std::string& room_id, const RoomChange& change) {
  Answers answers;
  std::vector<std::string> formers;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = rooms_.find(room_id);
    if (found == rooms_.end() || !found->second->membership) return;
    Room& room = *found->second;
    const Time now = clock_.Now();
    room.membership->Apply(change, now);
    if (std::holds_alternative<RoomDestroyed>(change.what)) {
      // From now on nobody acts there; the source's OnEnded, which comes next, does the rest.
      room.destroyed = change.position.incarnation == room.membership->position().incarnation;
    }
    AnswerWaitersLocked(room_id, room, answers);
    if (std::holds_alternative<MemberLeft>(change.what)) {
      formers = room.membership->FormersToReview(now);
    }
  }
  GiveAll(answers);
  if (!formers.empty()) ReviewFormers(room_id, formers);
}

void MembershipDirectory::OnEnded(const std::string& room_id) {
  Answers answers;
  bool was_open = false;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = rooms_.find(room_id);
    if (found == rooms_.end()) return;
    was_open = found->second->membership.has_value();
    EndLocked(room_id, answers);
  }
  if (was_open) listener_.CloseRoom(room_id);
  GiveAll(answers);
}

void MembershipDirectory::EndLocked(const std::string& room_id, Answers& answers) {
  const std::unique_ptr<Room> room = std::move(rooms_.extract(room_id).mapped());
  ids_by_hash_.erase(Md5Hex(room_id));
  const std::uint64_t incarnation = room->membership ? room->membership->position().incarnation : 0;
  std::list<Waiter> next_life;
  for (Waiter& waiter : room->waiters) {
    if (incarnation != 0 && waiter.past_incarnation == incarnation) {
      waiter.past_incarnation = 0;
      next_life.push_back(std::move(waiter));
    } else {
      answers.push_back([done = std::move(waiter.done)] { done(MakeError(kRoomNotFound)); });
    }
  }
  EndRefresh(*room, answers);
  if (!next_life.empty()) FollowLocked(room_id).waiters = std::move(next_life);
}

void MembershipDirectory::EndRefresh(Room& room, Answers& answers) {
  for (RefreshBatch* batch : {room.refreshing.get(), &room.refresh_next}) {
    if (batch == nullptr) continue;
    for (Refreshed& done : *batch) {
      answers.push_back([done = std::move(done)] { done(MakeError(kRoomNotFound)); });
    }
    batch->clear();
  }
  room.refreshing = nullptr;
}

void MembershipDirectory::ReviewFormers(const std::string& room_id, const std::vector<std::string>& formers) {
  const std::vector<std::string> unnamed = listener_.FindUnnamed(room_id, formers);
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found != rooms_.end() && found->second->membership) found->second->membership->Forget(unnamed);
}

MembershipDirectory::Room& MembershipDirectory::FollowLocked(const std::string& room_id) {
  std::unique_ptr<Room>& room = rooms_[room_id];
  if (!room) {
    room = std::make_unique<Room>();
    source_.Follow(room_id);
  }
  return *room;
}

void MembershipDirectory::WaitLocked(const std::string& room_id, Room& room, Waiter waiter, Time deadline) {
  schedule_(deadline, [this, room_id, id = waiter.id] { Expire(room_id, id); });
  room.waiters.push_back(std::move(waiter));
}

void MembershipDirectory::Expire(const std::string& room_id, std::uint64_t waiter_id) {
  Found done;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = rooms_.find(room_id);
    if (found == rooms_.end()) return;
    std::list<Waiter>& waiters = found->second->waiters;
    for (auto waiter = waiters.begin(); waiter != waiters.end(); ++waiter) {
      if (waiter->id != waiter_id) continue;
      done = std::move(waiter->done);
      waiters.erase(waiter);
      break;
    }
  }
  if (done) done(MakeError(kServiceUnavailable, "Nothing is known of the room at present"));
}

std::optional<absl::StatusOr<RoomLife>> MembershipDirectory::AnswerFor(const std::string& room_id,
                                                                       const Room& room,
                                                                       const Waiter& waiter) {
  if (!room.open || room.destroyed) return std::nullopt;
  const storage::Position& position = room.membership->position();
  if (position.incarnation == waiter.past_incarnation) return std::nullopt;
  if (waiter.need && waiter.need->incarnation != position.incarnation) return MakeError(kRoomNotFound);
  if (waiter.need && waiter.need->sequence > position.sequence) return std::nullopt;
  return RoomLife{room_id, position.incarnation};
}

void MembershipDirectory::AnswerWaitersLocked(const std::string& room_id, Room& room, Answers& answers) {
  for (auto waiter = room.waiters.begin(); waiter != room.waiters.end();) {
    std::optional<absl::StatusOr<RoomLife>> answer = AnswerFor(room_id, room, *waiter);
    if (!answer) {
      ++waiter;
      continue;
    }
    answers.push_back([done = std::move(waiter->done), answer = *std::move(answer)] { done(answer); });
    waiter = room.waiters.erase(waiter);
  }
}

}  // namespace parley::messaging
