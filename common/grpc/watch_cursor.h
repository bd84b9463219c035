#pragma once

#include <optional>
#include <utility>

#include "common/storage/log_store.h"

namespace parley::rpc {

/// Where a reader is in one room's sequence, and what it does with the next thing that arrives.
class WatchCursor {
 public:
  enum class Verdict {
    /// The next event: deliver it.
    kDeliver,
    /// Delivered before, or to come again since the reader has subscribed anew: drop it.
    kDrop,
    /// There is a hole before it: subscribe again after position().
    kResume,
  };

  WatchCursor() = default;
  explicit WatchCursor(std::optional<storage::Position> position) : position_(position) {}

  /// The last position that was delivered; nothing before the first snapshot.
  const std::optional<storage::Position>& position() const { return position_; }

  /// A snapshot replaces whatever was known.
  void OnSnapshot(storage::Position position) {
    position_ = position;
    subscribed_anew_ = false;
  }

  /// A room that is at `position`, all of which has been sent: kResume when something of it has been lost.
  Verdict OnHeartbeat(storage::Position position) {
    // Before the first snapshot nothing can have been lost.
    if (!position_) return Verdict::kDrop;
    const bool same_life = position.incarnation == position_->incarnation;
    if (same_life && position.sequence <= position_->sequence) return Verdict::kDrop;
    return std::exchange(subscribed_anew_, true) ? Verdict::kDrop : Verdict::kResume;
  }

  Verdict OnEvent(storage::Position position) {
    const bool same_life = position_ && position.incarnation == position_->incarnation;
    if (same_life && position.sequence <= position_->sequence) return Verdict::kDrop;
    if (same_life && position.sequence == position_->sequence + 1) {
      position_ = position;
      subscribed_anew_ = false;
      return Verdict::kDeliver;
    }
    // What was under way when the hole was noticed must not make the reader subscribe once per event.
    return std::exchange(subscribed_anew_, true) ? Verdict::kDrop : Verdict::kResume;
  }

 private:
  std::optional<storage::Position> position_;
  /// A hole was reported, and the service hasn't gone on after position() or with a snapshot yet.
  bool subscribed_anew_ = false;
};

}  // namespace parley::rpc
