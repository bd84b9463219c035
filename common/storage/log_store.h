#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"

namespace parley::storage {

/// A place in one room's gap-free sequence of events, as parley.common.v1.Position.
struct Position {
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;

  friend bool operator==(const Position&, const Position&) = default;
};

/// One event as it is kept: the store doesn't know what is in it.
struct Record {
  std::uint64_t sequence = 0;
  std::string bytes;
};

/// What one command adds to a room, or several that were decided on one state.
struct AppendRequest {
  struct Command {
    /// Encoded events. May be empty when only the reply is to be kept.
    std::vector<std::string> records;
    /// When not empty, kept with `reply` so that a repetition can be answered with the first answer. No two
    /// of a request have the same.
    std::string request_id;
    std::string reply;
  };

  std::string room_id;
  /// The head that the commands were decided on. {incarnation, 0} creates the room and requires that there is
  /// none.
  Position head;
  /// At least one. Their records get the sequences head.sequence + 1, + 2, and so on.
  std::vector<Command> commands;
  /// The room ends with these records: it is removed, and its id may be used again.
  bool last = false;
};

/// What is kept of a command that had a request id.
struct StoredReply {
  std::string room_id;
  /// The room's head after the command.
  Position position;
  /// The command's own events, encoded.
  std::vector<std::string> records;
  std::string reply;
};

/// A room as it is kept.
struct StoredRoom {
  Position head;
  /// An encoded state and the sequence at which it was taken; sequence 0 and empty when none was saved.
  std::uint64_t state_sequence = 0;
  std::string state;
  /// The events that follow the state, up to the head.
  std::vector<Record> records;
};

/// For reading all events there are.
inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// An append-compare log of the events of many rooms. All members may be called from any thread.
class LogStore {
 public:
  virtual ~LogStore() = default;

  /// A number that is drawn when the store begins to remember, and never 0. A store that has lost its memory
  /// has another one: positions that are derived from it can't be mistaken for those of the former one.
  virtual std::uint64_t Epoch() const = 0;

  /// Appends, all or nothing, and calls `done` when that is as durable as the engine makes it: before Append
  /// returns or later, on any thread. Statuses:
  ///   ALREADY_EXISTS: a request id is kept already, see FindReply; nothing was kept anew
  ///   ABORTED: the head is another one; load the room and decide anew
  ///   RESOURCE_EXHAUSTED: nothing can be written, as on a full disk, and nothing was kept; try again later
  ///   UNAVAILABLE: the same is true of this store, but one that is opened after this one was killed may hold
  ///   it; try again later
  virtual void Append(AppendRequest request, std::function<void(absl::Status)> done) = 0;

  /// For how long that which is being written has been on its way; zero when nothing is. Moments, unless the
  /// disk hangs: then nobody is answered meanwhile.
  virtual Duration WritingFor() const = 0;

  /// NOT_FOUND when there is no such room.
  virtual absl::StatusOr<StoredRoom> Load(const std::string& room_id) = 0;

  /// The events after `after`, oldest first, at most `max` of them. OUT_OF_RANGE when those up to the head
  /// can't all be served: trimmed, another incarnation, or beyond the head. NOT_FOUND when there is no such
  /// room.
  virtual absl::StatusOr<std::vector<Record>> ReadAfter(const std::string& room_id, Position after,
                                                        std::size_t max) = 0;

  /// The reply kept under a request id, for a time that the engine bounds.
  virtual absl::StatusOr<std::optional<StoredReply>> FindReply(const std::string& request_id) = 0;

  /// Keeps an encoded state as of `at`, from which the room is loaded from now on; events before it may be
  /// trimmed. Happens before any later Append is answered. A room or position that is gone is passed over.
  virtual void SaveState(const std::string& room_id, Position at, std::string state) = 0;

  /// Ids of all rooms there are.
  virtual absl::StatusOr<std::vector<std::string>> ListRoomIds() = 0;
};

}  // namespace parley::storage
