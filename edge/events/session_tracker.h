#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace parley::edge {

/// Counts the sessions that live, those included whose client is gone but who are still leaving their room,
/// and what they hold. Any thread.
class SessionTracker {
 public:
  void Opened() {
    const absl::MutexLock lock(&mutex_);
    ++open_;
  }

  void Closed() {
    const absl::MutexLock lock(&mutex_);
    --open_;
  }

  /// Waits until no session lives; returns how many do when `timeout` has passed.
  std::size_t AwaitNone(std::chrono::milliseconds timeout) {
    const absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(
        absl::Condition(
            +[](SessionTracker* self) ABSL_NO_THREAD_SAFETY_ANALYSIS { return self->open_ == 0; }, this),
        absl::FromChrono(timeout));
    return open_;
  }

  /// What the events take that wait to take effect.
  std::size_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  void AddQueuedBytes(std::ptrdiff_t bytes) {
    queued_bytes_.fetch_add(static_cast<std::size_t>(bytes), std::memory_order_relaxed);
  }

 private:
  std::atomic<std::size_t> queued_bytes_{0};

  absl::Mutex mutex_;
  std::size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::edge
