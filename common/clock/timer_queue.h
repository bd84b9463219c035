#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"

namespace parley {

/// Calls functions when their time has come, one after another on a thread of its own. Meant for deadlines
/// that are state and are checked again when they fire, so a timer is never taken back. All members may be
/// called from any thread.
class TimerQueue {
 public:
  /// `clock` must outlive the queue.
  explicit TimerQueue(const Clock& clock);

  /// Drops what has not fired and waits for the function that is running.
  ~TimerQueue();

  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  /// Calls `fire` at `when`, or at once when that has passed. After Stop nothing is called.
  void At(Time when, std::function<void()> fire);

  /// How many functions have yet to be called.
  std::size_t size() const;

  /// As the destructor. What `fire` functions use must live until then.
  void Stop();

 private:
  void Run();

  // Constant after construction.
  const Clock& clock_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::multimap<Time, std::function<void()>> timers_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace parley
