#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/storage/log_store.h"

namespace parley::storage::sqlite {

using RowId = std::int64_t;

/// One row of the log: what one command has added, without the bytes.
struct LogRow {
  RowId id = 0;
  std::string room_id;
  /// After the command.
  Position head;
  /// How many events it added.
  std::uint64_t events = 0;
  std::string request_id;
  Time time;
  /// The room ended with it.
  bool last = false;
};

/// Knows where in the log the events of each room and each reply are, and which rows nobody needs any more.
/// Keeping this in memory is what lets the log on disk be written without an index. No I/O; one thread at a
/// time.
class LogIndex {
 public:
  struct Limits {
    /// Events of a room that are kept although a saved state includes them, so that watchers can resume.
    std::uint64_t retained_events = 1024;
    /// For how long replies are kept, and how many at most, each of which takes some 250 bytes of memory; the
    /// oldest go first.
    Duration reply_retention = std::chrono::minutes(10);
    std::size_t retained_replies = 65'536;
  };

  explicit LogIndex(Limits limits) : limits_(limits) {}
  /// Not copied, because what is kept by age points to what is kept by request id.
  LogIndex(LogIndex&&) = default;

  /// Whether the commands may be appended; the statuses are those of LogStore::Append.
  absl::Status Check(const AppendRequest& request) const;

  /// Takes a row that is in the log, in the order of their ids.
  void Add(const LogRow& row);

  /// The room's state as of `at` is kept. False: it is of no use, because the room or the position is gone.
  bool SaveState(const std::string& room_id, Position at);
  bool CanSaveState(const std::string& room_id, Position at) const;

  /// A state that was found beside the log when it was read. False: the log doesn't go on where it ends.
  bool AddState(const std::string& room_id, Position at);

  /// A room whose beginning is missing, of those that were read; nullopt: there is none.
  std::optional<std::string> FindTornRoom() const;

  /// Drops the replies that are old enough by `now`.
  void Expire(Time now);

  struct Room {
    Position head;
    std::uint64_t state_sequence = 0;
  };
  std::optional<Room> FindRoom(const std::string& room_id) const;
  std::vector<std::string> RoomIds() const;

  /// The rows with the first `max_events` of the room's events after `sequence`, which needn't begin a row,
  /// and maybe with more; nullopt when some that follow it are not kept any more.
  std::optional<std::vector<RowId>> RowsAfter(const std::string& room_id, std::uint64_t sequence,
                                              std::size_t max_events) const;

  std::optional<RowId> FindReply(const std::string& request_id) const;

  /// Hands out rows that nobody needs, at most `max`, in an order in which they may be deleted at any pace.
  std::vector<RowId> TakeGarbage(std::size_t max);
  /// Takes them back because they were not deleted.
  void ReturnGarbage(const std::vector<RowId>& rows);

 private:
  struct EventRow {
    RowId id;
    std::uint64_t first_sequence;
  };

  struct RoomRows : Room {
    /// Without a hole up to the head.
    std::deque<EventRow> rows;
  };

  /// By request id. Tens of thousands, most of which are in no cache: looking for an id that isn't there,
  /// which every command does, must not touch them.
  using Replies = absl::node_hash_map<std::string, RowId>;

  struct ReplyRow {
    RowId id;
    /// Null: a room's last row, which must outlive the others.
    const Replies::value_type* reply;
    Time time;
  };

  /// Where the row's reply is from now on; null when there is nothing to be found by.
  const Replies::value_type* AddReply(const LogRow& row);
  /// One of the reasons to keep the row is gone.
  void Release(RowId id);
  void DropEvents(RoomRows& room, std::uint64_t first_kept);
  void DropOldestReply();

  const Limits limits_;
  std::unordered_map<std::string, RoomRows> rooms_;
  Replies replies_;
  std::deque<ReplyRow> replies_by_age_;
  /// The rows that are kept both for their events and for their reply.
  absl::flat_hash_set<RowId> needed_twice_;
  std::deque<RowId> garbage_;
};

}  // namespace parley::storage::sqlite
