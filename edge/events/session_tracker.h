#pragma once

#include <chrono>
#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace parley::edge {

/// Counts the sessions that live, those included whose client is gone but who are still leaving their room.
/// Any thread.
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

 private:
  absl::Mutex mutex_;
  std::size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::edge
