#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "edge/limits/address.h"
#include "edge/limits/token_bucket.h"

namespace parley::limits {

/// Held for as long as what was admitted lasts. Destroyed on any thread.
using Permit = std::shared_ptr<void>;

/// Counts connections, sessions that poll, and handshakes by address. An address that holds nothing is
/// forgotten once its bucket is full again, so that there is no more to remember than what was going on just
/// now. Any thread; addresses that don't share a shard don't wait for each other.
class AddressLimiter {
 public:
  using Clock = TokenBucket::Clock;

  struct Options {
    /// 0 turns a limit off.
    std::size_t max_connections = 0;
    std::size_t max_polling_sessions = 0;
    Rate handshakes;
  };

  explicit AddressLimiter(Options options) : options_(options) {}
  AddressLimiter(const AddressLimiter&) = delete;
  AddressLimiter& operator=(const AddressLimiter&) = delete;

  /// Admits one more connection; nullptr when there are too many. The limiter outlives the permit.
  Permit EnterConnection(AddressKey address, Clock::time_point now) {
    return Enter(address, &Entry::connections, options_.max_connections, now);
  }

  /// The same of a session that polls.
  Permit EnterPollingSession(AddressKey address, Clock::time_point now) {
    return Enter(address, &Entry::polling_sessions, options_.max_polling_sessions, now);
  }

  /// Takes note of a handshake; false when there were too many, which is not taken note of.
  bool TakeHandshake(AddressKey address, Clock::time_point now);

  /// Addresses that are remembered.
  std::size_t size() const;

 private:
  struct Entry {
    bool IsIdle(Clock::time_point now) const {
      return connections == 0 && polling_sessions == 0 && handshakes.IsFull(now);
    }

    std::size_t connections = 0;
    std::size_t polling_sessions = 0;
    TokenBucket handshakes;
  };

  struct Shard {
    mutable absl::Mutex mutex;
    std::unordered_map<AddressKey, Entry> entries ABSL_GUARDED_BY(mutex);
    std::size_t uses_until_sweep ABSL_GUARDED_BY(mutex) = 0;
  };

  Shard& ShardOf(AddressKey address);
  Permit Enter(AddressKey address, std::size_t Entry::*count, std::size_t most, Clock::time_point now);
  void Leave(AddressKey address, std::size_t Entry::*count);
  /// Forgets idle addresses every so often, such that each use pays for looking at a few entries at most.
  static void Sweep(Shard& shard, Clock::time_point now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  const Options options_;
  std::array<Shard, 16> shards_;
};

}  // namespace parley::limits
