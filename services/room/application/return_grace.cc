#include "services/room/application/return_grace.h"

#include <algorithm>

#include "common/log/log.h"

namespace parley::room {
namespace {

constexpr int kLooksPerGrace = 15;
constexpr Duration kLeastLookInterval{100};
/// A busy machine is late by a look or two.
constexpr int kLooksMissed = 3;

}  // namespace

ReturnGrace::ReturnGrace(const Clock& clock, TimerQueue& timers, const storage::LogStore& store,
                         Duration duration)
    : clock_(clock),
      timers_(timers),
      store_(store),
      duration_(duration),
      look_interval_(std::max(duration / kLooksPerGrace, kLeastLookInterval)),
      last_look_(clock.Now()),
      end_(last_look_ + duration) {
  if (duration > Duration::zero()) LookAt(last_look_ + look_interval_);
}

Time ReturnGrace::End() {
  const absl::MutexLock lock(&mutex_);
  Look();
  return end_;
}

void ReturnGrace::Renew() {
  const absl::MutexLock lock(&mutex_);
  end_ = clock_.Now() + duration_;
}

void ReturnGrace::LookAt(Time when) {
  timers_.At(when, [this] {
    {
      const absl::MutexLock lock(&mutex_);
      Look();
    }
    LookAt(clock_.Now() + look_interval_);
  });
}

void ReturnGrace::Look() {
  const Time now = clock_.Now();
  if (now - last_look_ > kLooksMissed * look_interval_) {
    log::Warning("stood still", {{"milliseconds", (now - last_look_).count()}});
    end_ = now + duration_;
  }
  if (store_.WritingFor() > look_interval_) end_ = now + duration_;
  last_look_ = now;
}

}  // namespace parley::room
