#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/limits/queue_budget.h"
#include "edge/socketio/encoded_event.h"

namespace parley::socketio {

/// What a socket has sent and its client may have missed. A packet is kept until it is too old to be missed
/// by a client that is still waited for, or until newer ones need the room. One thread at a time.
class PacketLog {
 public:
  using Clock = std::chrono::steady_clock;

  struct Entry {
    std::uint64_t number;
    SharedEvent packet;
    /// An event's arguments end with its offset, by which the client says what it has received; an answer's
    /// don't.
    bool numbered;
    /// Offset::bookmark.
    std::string bookmark;
  };

  /// `max_bytes` counts what is kept, whether or not other sockets share it; so does the budget, which may be
  /// null.
  PacketLog(std::size_t max_bytes, Clock::duration max_age, limits::QueueBudget* budget)
      : max_bytes_(max_bytes), max_age_(max_age), bytes_(budget) {}

  /// Keeps the next packet and returns its number; the first is 1.
  std::uint64_t Append(SharedEvent packet, bool numbered, std::string bookmark, Clock::time_point now);

  /// What was sent after packet `number`, 0 for everything, oldest first; nullopt when that isn't known, or
  /// not any more.
  std::optional<std::vector<Entry>> After(std::uint64_t number) const;

 private:
  struct Kept {
    SharedEvent packet;
    Clock::time_point time;
    bool numbered;
    std::string bookmark;
  };

  static std::size_t SizeOf(const Kept& kept);
  /// Forgets the oldest packet, and returns its size.
  std::size_t DropFirst();

  const std::size_t max_bytes_;
  const Clock::duration max_age_;
  std::uint64_t first_ = 1;  // the number of the oldest packet that is kept, or would be
  limits::QueuedBytes bytes_;
  std::deque<Kept> kept_;
};

}  // namespace parley::socketio
