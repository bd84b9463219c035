#pragma once

#include <optional>

#include "common/storage/log_store.h"

namespace parley::rpc {

/// Where a reader is in one room's sequence, and what it does with the next thing that arrives.
class WatchCursor {
 public:
  enum class Verdict {
    /// The next event: deliver it.
    kDeliver,
    /// Delivered before, or of a former life of the room: drop it.
    kDrop,
    /// There is a hole before it: subscribe again after position().
    kResume,
  };

  WatchCursor() = default;
  explicit WatchCursor(std::optional<storage::Position> position) : position_(position) {}

  /// The last position that was delivered; nothing before the first snapshot.
  const std::optional<storage::Position>& position() const { return position_; }

  /// A snapshot replaces whatever was known.
  void OnSnapshot(storage::Position position) { position_ = position; }

  Verdict OnEvent(storage::Position position) {
    if (!position_ || position.incarnation != position_->incarnation) {
      // An event of a life that no snapshot has told of: its beginning is missing.
      return Verdict::kResume;
    }
    if (position.sequence <= position_->sequence) return Verdict::kDrop;
    if (position.sequence != position_->sequence + 1) return Verdict::kResume;
    position_ = position;
    return Verdict::kDeliver;
  }

 private:
  std::optional<storage::Position> position_;
};

}  // namespace parley::rpc
