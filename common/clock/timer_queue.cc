#include "common/clock/timer_queue.h"

#include <utility>

#include "absl/time/time.h"

namespace parley {

TimerQueue::TimerQueue(const Clock& clock) : clock_(clock), thread_([this] { Run(); }) {}

TimerQueue::~TimerQueue() { Stop(); }

void TimerQueue::At(Time when, std::function<void()> fire) {
  const absl::MutexLock lock(&mutex_);
  timers_.emplace(when, std::move(fire));
}

std::size_t TimerQueue::size() const {
  const absl::MutexLock lock(&mutex_);
  return timers_.size();
}

void TimerQueue::Stop() {
  {
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void TimerQueue::Run() {
  mutex_.Lock();
  while (!stopping_) {
    const auto next = timers_.begin();
    const bool idle = next == timers_.end();
    const Time now = clock_.Now();
    if (!idle && next->first <= now) {
      const std::function<void()> fire = std::move(next->second);
      timers_.erase(next);
      mutex_.Unlock();
      fire();
      mutex_.Lock();
      continue;
    }
    // Woken by an earlier timer, by Stop, or when the first one is due, which a clock that jumps may make it
    // at once.
    const Time due = idle ? Time::max() : next->first;
    auto changed = [this, due] {
      return stopping_ ||
             (!timers_.empty() && (timers_.begin()->first < due || timers_.begin()->first <= clock_.Now()));
    };
    if (idle) {
      mutex_.Await(absl::Condition(&changed));
    } else {
      mutex_.AwaitWithTimeout(absl::Condition(&changed), absl::FromChrono(due - now));
    }
  }
  mutex_.Unlock();
}

}  // namespace parley
