#pragma once

namespace parley {

/// Why a subscription to a room has ended.
enum class EndReason {
  kNotFound,
  kDestroyed,
  /// The room can't be read, or nothing is known of it, at present.
  kUnavailable,
};

}  // namespace parley
