#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/clock/timer_queue.h"
#include "common/storage/log_store.h"

namespace parley::room {

/// How long those whose connections broke are waited for. Nobody can come back while this service is down,
/// stands still or can store nothing; whoever waits then has the whole time again from when that is over. All
/// members may be called from any thread.
class ReturnGrace {
 public:
  /// The first whole time begins with this. `timers` has to be stopped before this is destroyed.
  ReturnGrace(const Clock& clock, TimerQueue& timers, const storage::LogStore& store, Duration duration);

  /// When somebody whose connection breaks now is given up.
  Time Deadline() const { return clock_.Now() + duration_; }

  /// Before it nobody is given up, whatever the own deadline says; in the past unless something went wrong.
  Time End();

  /// Everybody who is waited for has the whole time again.
  void Renew();

 private:
  void LookAt(Time when);
  /// Notices when this service has stood still, or its disk hangs.
  void Look() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const Clock& clock_;
  TimerQueue& timers_;
  const storage::LogStore& store_;
  const Duration duration_;
  const Duration look_interval_;

  absl::Mutex mutex_;
  Time last_look_ ABSL_GUARDED_BY(mutex_);
  Time end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::room
