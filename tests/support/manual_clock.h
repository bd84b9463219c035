#pragma once

#include <atomic>

#include "absl/synchronization/notification.h"
#include "common/clock/clock.h"
#include "common/clock/timer_queue.h"

namespace parley::testing {

/// A clock that stands still until it is moved. May be used from any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time now = Time(Duration(1'700'000'000'000))) : now_(now) {}

  Time Now() const override { return now_; }
  void Advance(Duration duration) { now_ = now_.load() + duration; }

 private:
  std::atomic<Time> now_;
};

/// Returns when everything in the queue that is due by now has been called.
inline void Settle(TimerQueue& timers, const Clock& clock) {
  absl::Notification settled;
  // Timers of the same time are called in the order in which they were set.
  timers.At(clock.Now(), [&] { settled.Notify(); });
  settled.WaitForNotification();
}

}  // namespace parley::testing
