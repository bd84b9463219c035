#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/clock/timer_queue.h"

namespace parley {

/// The timers of one object, which may go before they fire: those of a TimerQueue can't be taken back, and
/// Stop doesn't wait for those to come. Members may be called from any thread.
class OwnTimers {
 public:
  /// Both must outlive this.
  OwnTimers(TimerQueue& timers, const Clock& clock) : timers_(timers), clock_(clock) {}

  ~OwnTimers() { Stop(); }

  OwnTimers(const OwnTimers&) = delete;
  OwnTimers& operator=(const OwnTimers&) = delete;

  /// Calls `fire` at `when`, unless Stop comes before.
  void At(Time when, std::function<void()> fire) {
    timers_.At(when, [guard = guard_, fire = std::move(fire)] {
      const absl::MutexLock lock(&guard->mutex);
      if (!guard->stopped) fire();
    });
  }

  void After(Duration pause, std::function<void()> fire) { At(clock_.Now() + pause, std::move(fire)); }

  /// Nothing fires any more when it returns; waits for what is firing. Not with a lock that this takes, nor
  /// from within.
  void Stop() {
    const absl::MutexLock lock(&guard_->mutex);
    guard_->stopped = true;
  }

 private:
  struct Guard {
    /// Held while something fires.
    absl::Mutex mutex;
    bool stopped ABSL_GUARDED_BY(mutex) = false;
  };

  TimerQueue& timers_;
  const Clock& clock_;
  const std::shared_ptr<Guard> guard_ = std::make_shared<Guard>();
};

}  // namespace parley
