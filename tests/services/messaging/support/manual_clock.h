#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/ids/ids.h"
#include "services/messaging/application/membership_directory.h"
#include "tests/services/messaging/support/room_script.h"

namespace parley::messaging {

/// Time that passes only when a test says so, and what is scheduled in it. For one thread.
class ManualClock final : public Clock {
 public:
  Time Now() const override { return now_; }

  Schedule schedule() {
    return [this](Time when, std::function<void()> fire) { timers_.emplace(when, std::move(fire)); };
  }

  /// Lets time pass and fires what becomes due, in order.
  void Advance(Duration duration) {
    const Time end = now_ + duration;
    while (!timers_.empty() && timers_.begin()->first <= end) {
      const auto due = timers_.begin();
      now_ = std::max(now_, due->first);
      const std::function<void()> fire = std::move(due->second);
      timers_.erase(due);
      fire();
    }
    now_ = end;
  }

 private:
  Time now_ = At(0);
  std::multimap<Time, std::function<void()>> timers_;
};

/// Ids that a test can foresee: uuid-1, uuid-2 and so on.
class CountingIds final : public IdSource {
 public:
  std::string RoomId() override { return absl::StrCat("room-", ++count_); }
  std::string Uuid() override { return absl::StrCat("uuid-", ++count_); }
  std::string Key() override { return absl::StrCat("key-", ++count_); }
  std::uint64_t Incarnation() override { return ++count_; }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace parley::messaging
