#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/aggregate/decode.h"
#include "common/aggregate/end_reason.h"
#include "common/aggregate/lane_queue.h"
#include "common/log/log.h"
#include "common/protobuf/arena_message.h"
#include "common/status/error.h"
#include "common/storage/log_store.h"
#include "common/turn/turn.h"

namespace parley {

using storage::Position;

/// Holds the rooms of one service, each an aggregate of its domain, and leads every command through the same
/// four steps: the domain decides, the store keeps, the state applies, the subscribers are told. Commands of
/// different rooms run at the same time, those of one room one after another; only those of different lanes
/// that wait together are led through the steps together, so that a busy room costs one commit for many.
///
/// `Codec` joins a domain to its records. It has
///  - types State, Event, Reply (copyable) and Record, the protobuf message that is kept and that watchers
///  are sent
///  - static void FillRecord(const Event&, Position, Record&), given an empty one
///  - static absl::StatusOr<Event> FromRecord(const Record&)
///  - static void Apply(State&, Event)
///  - static bool IsLast(const Event&)
///  - static std::string EncodeState(const State&)
///  - static absl::StatusOr<State> DecodeState(const std::string&)
///  - static std::string EncodeReply(const Reply&)
///  - static absl::StatusOr<Reply> DecodeReply(const std::string&, const std::vector<Event>&), which is given
///  the command's events too, so that a reply need not repeat what they say
///  - static std::size_t SizeOf(const State&): how many events it is worth to save the state
///  - static std::size_t BytesOf(const State&): of how many bytes of records it is worth to save it
///
/// All members may be called from any thread.
template <typename Codec>
class AggregateHost {
 public:
  using State = typename Codec::State;
  using Event = typename Codec::Event;
  using Reply = typename Codec::Reply;
  using Record = typename Codec::Record;

  struct Decision {
    std::vector<Event> events;
    Reply reply;
  };

  /// What a command came to.
  struct Outcome {
    Reply reply;
    /// The room now, with the command's events applied; null when the room is gone, or when the answer
    /// repeats that of Create. Valid during the call only.
    const State* state = nullptr;
    /// Its position now; with a null state, that of its end, or the one that a repeated command led to.
    Position position;
  };

  /// Decides on a command; called once or, when another process was faster, again with a newer state.
  using Decide = std::function<absl::StatusOr<Decision>(const State&)>;
  using Done = std::function<void(absl::StatusOr<Outcome>)>;

  /// Follows rooms. The host calls it under the room's lock, in the order of the room's sequence, from any
  /// thread: it must return quickly and must not call the host.
  class Subscriber {
   public:
    virtual ~Subscriber() = default;
    virtual void OnSnapshot(const std::string& room_id, const State& state, Position position) = 0;
    virtual void OnRecord(const std::string& room_id, const std::shared_ptr<const Record>& record) = 0;
    virtual void OnEnded(const std::string& room_id, EndReason reason) = 0;
  };

  /// `store` must outlive the host and every command that is under way.
  explicit AggregateHost(storage::LogStore& store) : store_(store) {}

  AggregateHost(const AggregateHost&) = delete;
  AggregateHost& operator=(const AggregateHost&) = delete;

  /// Makes a room of that id and incarnation ready for its first command. ALREADY_EXISTS, without a reason,
  /// when there is one already; or why that isn't known.
  absl::Status Open(const std::string& room_id, std::uint64_t incarnation) {
    const absl::Status existing = Find(room_id).status();
    if (existing.ok()) return Taken();
    if (!Is(existing, kRoomNotFound)) return existing;
    const absl::MutexLock lock(&mutex_);
    auto entry = std::make_shared<Entry>(room_id);
    {
      const absl::MutexLock entry_lock(&entry->mutex);
      entry->position = {incarnation, 0};
    }
    return entries_.try_emplace(room_id, std::move(entry)).second ? absl::OkStatus() : Taken();
  }

  /// Makes a room of that id and incarnation with its first command, which has to have events. As Execute,
  /// and: fails with ALREADY_EXISTS, without a reason, when there is a room of that id. The room isn't there
  /// for anybody else before the command is stored, and never was when it isn't.
  void Create(const std::string& room_id, std::uint64_t incarnation, std::string request_id, Decide decide,
              Done done) {
    const absl::Status existing = Find(room_id).status();
    if (!existing.ok() && !Is(existing, kRoomNotFound)) return done(existing);
    auto entry = std::make_shared<Entry>(room_id);
    {
      const absl::MutexLock entry_lock(&entry->mutex);
      entry->position = {incarnation, 0};
      entry->creating = true;
    }
    bool vacant = !existing.ok();
    if (vacant) {
      const absl::MutexLock lock(&mutex_);
      vacant = entries_.try_emplace(room_id, entry).second;
    }
    if (!vacant) return done(Taken());
    Enqueue(entry, {std::move(request_id), {}, std::move(decide), std::move(done), true});
  }

  /// Runs a command on a room and calls `done` exactly once, before Execute returns or later, on any thread.
  /// A `request_id` that was answered before gets that answer again, even when the room is gone by now; one
  /// that was answered for another room is INVALID_REQUEST.
  ///
  /// `lane`: commands of different lanes may be decided on one state, whichever comes first, so what one of
  /// them does to the room must not matter to how the other is decided. Empty: it matters to all, and theirs
  /// to it.
  void Execute(const std::string& room_id, std::string request_id, Decide decide, Done done,
               std::string lane = {}) {
    absl::StatusOr<std::shared_ptr<Entry>> entry = Find(room_id);
    if (!entry.ok()) {
      // The room may be gone because of the very command that is repeated.
      std::optional<absl::StatusOr<Outcome>> repeated;
      if (Is(entry.status(), kRoomNotFound)) repeated = FindReply(request_id, &room_id);
      return done(repeated ? *std::move(repeated) : entry.status());
    }
    Enqueue(*entry, {std::move(request_id), std::move(lane), std::move(decide), std::move(done), false});
  }

  /// Removes a room without an event, after the commands that came before: its subscriptions end as
  /// destroyed. A room that is not there is passed over. `closed`, when there is one, is called as Execute's
  /// `done`: from then on the id may be opened again, unless the status says that the store failed.
  void Close(const std::string& room_id, std::function<void(absl::Status)> closed = nullptr) {
    absl::StatusOr<std::shared_ptr<Entry>> entry = Find(room_id);
    if (!entry.ok()) {
      if (closed) closed(Is(entry.status(), kRoomNotFound) ? absl::OkStatus() : entry.status());
      return;
    }
    Done done;
    if (closed) {
      done = [closed = std::move(closed)](absl::StatusOr<Outcome> outcome) { closed(outcome.status()); };
    }
    Enqueue(*entry, {{}, {}, nullptr, std::move(done), false});
  }

  /// Calls `read` with the room as it is now, or returns why it can't. `read` runs under the room's lock.
  absl::Status Read(const std::string& room_id, const std::function<void(const State&, Position)>& read) {
    absl::StatusOr<std::shared_ptr<Entry>> entry = Find(room_id);
    if (!entry.ok()) return entry.status();
    const absl::MutexLock lock(&(*entry)->mutex);
    if ((*entry)->hidden()) return MakeError(kRoomNotFound);
    read((*entry)->state, (*entry)->position);
    return absl::OkStatus();
  }

  /// The events after `after`, oldest first, as many as are read at once. POSITION_NOT_SERVED when those up
  /// to the room's position can't all be had.
  absl::StatusOr<EventPage<Codec>> ReadAfter(const std::string& room_id, Position after) {
    absl::StatusOr<std::shared_ptr<Entry>> entry = Find(room_id);
    if (!entry.ok()) return entry.status();
    const absl::MutexLock lock(&(*entry)->mutex);
    if ((*entry)->hidden()) return MakeError(kRoomNotFound);
    absl::StatusOr<Records<Codec>> records = ReadAfterLocked(**entry, after, kEventsPerPage);
    if (!records.ok()) return records.status();
    const bool has_more = after.sequence + records->size() < (*entry)->position.sequence;
    return EventPage<Codec>{*std::move(records), has_more};
  }

  /// Tells `subscriber` what follows `after`, beginning with a snapshot when that can't be served, then every
  /// event as it happens, until the room ends or Unsubscribe. A room that can't be read ends it, too.
  void Subscribe(const std::string& room_id, std::optional<Position> after,
                 const std::shared_ptr<Subscriber>& subscriber) {
    absl::StatusOr<std::shared_ptr<Entry>> found = Find(room_id);
    if (!found.ok()) {
      const bool gone = Is(found.status(), kRoomNotFound);
      return subscriber->OnEnded(room_id, gone ? EndReason::kNotFound : EndReason::kUnavailable);
    }
    Entry& entry = **found;
    const absl::MutexLock lock(&entry.mutex);
    if (entry.hidden()) return subscriber->OnEnded(room_id, EndReason::kNotFound);
    if (!after || !Resume(entry, *after, *subscriber)) {
      subscriber->OnSnapshot(room_id, entry.state, entry.position);
    }
    std::erase(entry.subscribers, subscriber);
    entry.subscribers.push_back(subscriber);
  }

  void Unsubscribe(const std::string& room_id, const std::shared_ptr<Subscriber>& subscriber) {
    const std::shared_ptr<Entry> entry = FindLoaded(room_id);
    if (entry == nullptr) return;
    const absl::MutexLock lock(&entry->mutex);
    std::erase(entry->subscribers, subscriber);
  }

  /// The position up to which `subscriber` has been told of the room; nothing when it doesn't follow it.
  std::optional<Position> PositionOf(const std::string& room_id,
                                     const std::shared_ptr<Subscriber>& subscriber) {
    const std::shared_ptr<Entry> entry = FindLoaded(room_id);
    if (entry == nullptr) return std::nullopt;
    const absl::MutexLock lock(&entry->mutex);
    const auto& subscribers = entry->subscribers;
    if (std::find(subscribers.begin(), subscribers.end(), subscriber) == subscribers.end())
      return std::nullopt;
    return entry->position;
  }

 private:
  /// A command that waits for its turn, or for the store; one without `decide` closes the room.
  struct Task {
    std::string request_id;
    std::string lane;
    Decide decide;
    Done done;
    /// The room comes to be with this command.
    bool creates = false;
    /// Once it is decided.
    Reply reply{};
  };

  struct Entry {
    explicit Entry(std::string room_id) : id(std::move(room_id)) {}

    const std::string id;

    absl::Mutex mutex;
    // Changed only by whoever set `busy`, who may therefore read them without the lock.
    State state;
    Position position;
    /// Until Create's command is stored.
    bool creating = false;
    bool closed = false;
    std::uint64_t saved_sequence = 0;
    /// Of the records that the store holds beside a saved state.
    std::size_t unsaved_bytes = 0;

    bool busy ABSL_GUARDED_BY(mutex) = false;
    LaneQueue<Task> queue ABSL_GUARDED_BY(mutex);
    std::vector<std::shared_ptr<Subscriber>> subscribers ABSL_GUARDED_BY(mutex);

    bool hidden() const { return creating || closed; }
  };

  /// How often a command is decided again because another process was faster, before it is given up.
  static constexpr int kMaxAttempts = 8;
  /// Whoever reads holds up the room meanwhile.
  static constexpr std::size_t kEventsPerPage = 256;
  /// What the parts of most records take in memory.
  static constexpr std::size_t kRecordBytes = 1024;
  /// Saving the state is worth it only after many events, or large ones, and ever more of them the larger the
  /// state is. What has to be read to get to a room bounds how large the log may become.
  static constexpr std::size_t kLeastEventsBetweenSaves = 1024;
  static constexpr std::size_t kLeastBytesBetweenSaves = 4 << 20;

  absl::StatusOr<std::shared_ptr<Entry>> Find(const std::string& room_id) {
    const absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(room_id);
    if (found != entries_.end()) return found->second;
    auto entry = std::make_shared<Entry>(room_id);
    if (absl::Status status = Load(*entry); !status.ok()) return status;
    return entries_.emplace(room_id, std::move(entry)).first->second;
  }

  /// As Find, null for a room that nobody has asked for yet.
  std::shared_ptr<Entry> FindLoaded(const std::string& room_id) {
    const absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(room_id);
    return found == entries_.end() ? nullptr : found->second;
  }

  /// Replaces what `entry` holds by what the store holds, and tells its subscribers what that adds. Only for
  /// an entry that is new, or held by `busy`.
  absl::Status Load(Entry& entry) {
    absl::StatusOr<storage::StoredRoom> stored = store_.Load(entry.id);
    if (absl::IsNotFound(stored.status())) return MakeError(kRoomNotFound);
    if (!stored.ok()) return stored.status();
    const absl::MutexLock lock(&entry.mutex);
    absl::StatusOr<DecodedRoom<Codec>> room = DecodeRoom<Codec>(*stored, !entry.subscribers.empty());
    if (!room.ok()) return Damaged(entry.id, room.status());
    const Position before = std::exchange(entry.position, stored->head);
    entry.state = std::move(room->state);
    entry.saved_sequence = stored->state_sequence;
    entry.unsaved_bytes = room->record_bytes;
    const bool whole =
        before.incarnation == stored->head.incarnation && before.sequence >= stored->state_sequence;
    for (const auto& subscriber : entry.subscribers) {
      if (!whole) {
        subscriber->OnSnapshot(entry.id, entry.state, entry.position);
        continue;
      }
      for (std::size_t i = before.sequence - stored->state_sequence; i < room->records.size(); ++i) {
        subscriber->OnRecord(entry.id, room->records[i]);
      }
    }
    return absl::OkStatus();
  }

  static absl::Status Damaged(const std::string& room_id, const absl::Status& why) {
    log::Error("stored room can't be read", {{"room_id", room_id}, {"cause", why.ToString()}});
    return MakeError(kInternal);
  }

  static absl::Status Taken() { return absl::AlreadyExistsError("the room id is taken"); }

  /// What is to be answered because `request_id` was answered before; nothing when it wasn't. `room_id` is
  /// the room that it has to have been answered for, null for any.
  std::optional<absl::StatusOr<Outcome>> FindReply(const std::string& request_id,
                                                   const std::string* room_id) {
    if (request_id.empty()) return std::nullopt;
    absl::StatusOr<std::optional<storage::StoredReply>> stored = store_.FindReply(request_id);
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) return std::nullopt;
    if (room_id != nullptr && (*stored)->room_id != *room_id) {
      return MakeError(kInvalidRequest, "request_id: it was used for another room");
    }
    absl::StatusOr<Reply> reply = DecodeReply<Codec>(**stored);
    if (!reply.ok()) return Damaged((*stored)->room_id, reply.status());
    return Outcome{*std::move(reply), nullptr, (*stored)->position};
  }

  /// As FindReply, for a command whose turn has come.
  std::optional<absl::StatusOr<Outcome>> FindReply(const Entry& entry, const Task& task) {
    std::optional<absl::StatusOr<Outcome>> repeated =
        FindReply(task.request_id, task.creates ? nullptr : &entry.id);
    if (repeated && repeated->ok() && !entry.hidden()) {
      (*repeated)->state = &entry.state;
      (*repeated)->position = entry.position;
    }
    return repeated;
  }

  /// Within a Turn the room's commands are begun at its end, with those that have come by then.
  void Enqueue(const std::shared_ptr<Entry>& entry, Task task) {
    {
      const absl::MutexLock lock(&entry->mutex);
      entry->queue.Add(std::move(task));
      if (entry->busy) return;
      entry->busy = true;
    }
    Turn::AtEnd(Turn::Stage::kDecide, [this, entry] { Run(entry); });
  }

  /// Works off the queue; the caller has set `busy`. When the store answers later, its thread goes on here.
  void Run(const std::shared_ptr<Entry>& entry) {
    for (;;) {
      std::vector<Task> tasks;
      {
        const absl::MutexLock lock(&entry->mutex);
        tasks = entry->queue.TakeGroup();
        if (tasks.empty()) {
          entry->busy = false;
          return;
        }
      }
      if (!Step(entry, std::move(tasks), 1)) return;
    }
  }

  /// Commands that were decided on one state, and what is to be stored, and then done, for all of them.
  struct Group {
    std::vector<Task> tasks;
    std::vector<Event> events;
    Records<Codec> records;
    std::size_t record_bytes = 0;
    bool last = false;
    int attempt = 1;
    absl::Status status;
  };

  /// Runs commands that can be decided on one state; false when the store will answer later and then go on
  /// with the queue.
  bool Step(const std::shared_ptr<Entry>& entry, std::vector<Task> tasks, int attempt) {
    auto group = std::make_shared<Group>();
    group->attempt = attempt;
    storage::AppendRequest append{entry->id, entry->position, {}, false};
    auto task = tasks.begin();
    while (task != tasks.end() && !group->last) DecideOne(*entry, std::move(*task++), *group, append);
    if (task != tasks.end()) {
      // What is behind the room's end must see it.
      const absl::MutexLock lock(&entry->mutex);
      entry->queue.PutBack(task, tasks.end());
    }
    if (group->tasks.empty()) return true;
    if (append.commands.empty()) {
      Finish(*entry, *group);
      return true;
    }
    append.last = group->last;

    // Whoever comes second of this function's return from Append and the store's answer goes on with the
    // queue.
    auto second = std::make_shared<std::atomic<bool>>(false);
    store_.Append(std::move(append), [this, entry, second, group](const absl::Status& status) {
      group->status = status;
      if (second->exchange(true) && Complete(entry, *group)) Run(entry);
    });
    return second->exchange(true) && Complete(entry, *group);
  }

  /// Decides on a command and adds it to `group`, and to `append` what is to be stored of it. One that
  /// changes nothing is answered instead.
  void DecideOne(Entry& entry, Task task, Group& group, storage::AppendRequest& append) {
    if (!task.decide) {
      group.last = true;
      const bool stored = !entry.closed && entry.position.sequence > 0;
      if (stored) append.commands.emplace_back();
      group.tasks.push_back(std::move(task));
      return;
    }
    if (auto repeated = FindReply(entry, task)) return Answer(entry, task, *std::move(repeated));
    // Another's command may overtake the one that creates the room.
    if (entry.closed || entry.creating != task.creates) return Answer(entry, task, MakeError(kRoomNotFound));
    absl::StatusOr<Decision> decision = task.decide(entry.state);
    if (!decision.ok()) return Answer(entry, task, decision.status());
    if (decision->events.empty() && task.request_id.empty()) {
      return Answer(entry, task, Outcome{std::move(decision->reply), &entry.state, entry.position});
    }
    group.last = !decision->events.empty() && Codec::IsLast(decision->events.back());
    storage::AppendRequest::Command& command = append.commands.emplace_back();
    command.request_id = task.request_id;
    command.reply = Codec::EncodeReply(decision->reply);
    Position at{entry.position.incarnation, entry.position.sequence + group.events.size()};
    for (Event& event : decision->events) {
      ++at.sequence;
      group.records.push_back(MakeSharedMessage<Record, kRecordBytes>(
          [&](Record& record) { Codec::FillRecord(event, at, record); }));
      command.records.push_back(group.records.back()->SerializeAsString());
      group.record_bytes += command.records.back().size();
      group.events.push_back(std::move(event));
    }
    task.reply = std::move(decision->reply);
    group.tasks.push_back(std::move(task));
  }

  /// Goes on after the store's answer; as Step.
  bool Complete(const std::shared_ptr<Entry>& entry, Group& group) {
    if (absl::IsAborted(group.status) && group.tasks.front().creates) {
      Answer(*entry, group.tasks.front(), Taken());
      return true;
    }
    // A request that is known by now was faster on its way through another room or process.
    const bool overtaken = absl::IsAborted(group.status) || absl::IsAlreadyExists(group.status);
    if (overtaken && group.attempt < kMaxAttempts) {
      const absl::Status status = absl::IsAborted(group.status) ? Load(*entry) : absl::OkStatus();
      if (Is(status, kRoomNotFound)) {
        Retire(*entry);
      } else if (!status.ok()) {
        AnswerAll(*entry, group, status);
        return true;
      }
      return Step(entry, std::move(group.tasks), group.attempt + 1);
    }
    if (!group.status.ok()) {
      const bool had_no_effect = absl::IsResourceExhausted(group.status);
      // That nothing can be stored the store has told, once; here it would be told for each command.
      (had_no_effect ? log::Debug : log::Error)(
          "commands not stored",
          {{"room_id", entry->id}, {"commands", group.tasks.size()}, {"cause", group.status.ToString()}});
      AnswerAll(*entry, group, MakeError(had_no_effect ? kStorageUnavailable : kServiceUnavailable));
      return true;
    }
    Finish(*entry, group);
    return true;
  }

  /// Applies what is stored by now, tells the subscribers and answers.
  void Finish(Entry& entry, Group& group) {
    bool save = false;
    {
      const absl::MutexLock lock(&entry.mutex);
      entry.creating = false;
      entry.position.sequence += group.events.size();
      for (Event& event : group.events) Codec::Apply(entry.state, std::move(event));
      for (const auto& record : group.records) {
        for (const auto& subscriber : entry.subscribers) subscriber->OnRecord(entry.id, record);
      }
      if (group.last) CloseLocked(entry);
      entry.unsaved_bytes += group.record_bytes;
      save = !group.last && IsWorthSaving(entry);
      if (save) {
        entry.saved_sequence = entry.position.sequence;
        entry.unsaved_bytes = 0;
      }
    }
    if (group.last) Forget(entry);
    if (save) store_.SaveState(entry.id, entry.position, Codec::EncodeState(entry.state));
    const State* state = group.last ? nullptr : &entry.state;
    for (Task& task : group.tasks) {
      if (task.done) task.done(Outcome{std::move(task.reply), state, entry.position});
    }
  }

  static bool IsWorthSaving(const Entry& entry) {
    const std::uint64_t events = entry.position.sequence - entry.saved_sequence;
    return events >= std::max(kLeastEventsBetweenSaves, Codec::SizeOf(entry.state)) ||
           entry.unsaved_bytes >= std::max(kLeastBytesBetweenSaves, Codec::BytesOf(entry.state));
  }

  /// The room is no more: its subscriptions end and its id is free.
  void Retire(Entry& entry) {
    {
      const absl::MutexLock lock(&entry.mutex);
      CloseLocked(entry);
    }
    Forget(entry);
  }

  static void CloseLocked(Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(entry.mutex) {
    entry.closed = true;
    for (const auto& subscriber : entry.subscribers) subscriber->OnEnded(entry.id, EndReason::kDestroyed);
    entry.subscribers.clear();
  }

  void Forget(const Entry& entry) {
    const absl::MutexLock lock(&mutex_);
    // Somebody may have opened the id again between this room's end and a second Close of it.
    const auto found = entries_.find(entry.id);
    if (found != entries_.end() && found->second.get() == &entry) entries_.erase(found);
  }

  /// Answers a command that made no events. A room that was to come to be with it never was.
  void Answer(Entry& entry, Task& task, absl::StatusOr<Outcome> answer) {
    if (task.creates) Retire(entry);
    if (task.done) task.done(std::move(answer));
  }

  void AnswerAll(Entry& entry, Group& group, const absl::Status& answer) {
    for (Task& task : group.tasks) Answer(entry, task, answer);
  }

  /// Sends what follows `after` up to the applied position; false when that can't be served.
  bool Resume(Entry& entry, Position after, Subscriber& subscriber)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(entry.mutex) {
    const auto records = ReadAfterLocked(entry, after, storage::kNoLimit);
    if (!records.ok()) return false;
    for (const auto& record : *records) subscriber.OnRecord(entry.id, record);
    return true;
  }

  /// What follows `after` up to the applied position, at most `max` events.
  absl::StatusOr<Records<Codec>> ReadAfterLocked(Entry& entry, Position after, std::size_t max)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(entry.mutex) {
    Records<Codec> records;
    if (after == entry.position) return records;
    absl::StatusOr<std::vector<storage::Record>> stored = store_.ReadAfter(entry.id, after, max);
    // Of a room that is ready for its first command nothing is stored.
    const bool empty = entry.position.sequence == 0 && absl::IsNotFound(stored.status());
    if (empty || absl::IsOutOfRange(stored.status())) return MakeError(kPositionNotServed);
    if (absl::IsNotFound(stored.status())) return MakeError(kRoomNotFound);
    if (!stored.ok()) return stored.status();
    for (const storage::Record& stored_record : *stored) {
      // What is stored but not applied yet is told when it is applied.
      if (stored_record.sequence > entry.position.sequence) break;
      auto record = DecodeRecord<Codec>(stored_record.bytes);
      if (!record.ok()) return Damaged(entry.id, record.status());
      records.push_back(*std::move(record));
    }
    return records;
  }

  // Constant after construction.
  storage::LogStore& store_;

  absl::Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley
