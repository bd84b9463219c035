#pragma once

#include <algorithm>
#include <chrono>

namespace parley::limits {

/// How often something may happen: `burst` times at once, refilled at `per_second`.
struct Rate {
  /// 0 turns the limit off.
  double per_second = 0;
  /// At least 1.
  double burst = 1;
};

/// A token bucket, full at first. It keeps nothing but the moment at which it will be full again, so that one
/// costs no more than a time stamp. One thread at a time.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  /// Takes a token; false when there is none. `rate` is the same each time.
  bool Take(const Rate& rate, Clock::time_point now) {
    if (rate.per_second <= 0) return true;
    const Clock::duration refill = ToDuration(1 / rate.per_second);
    const Clock::time_point full_at = std::max(full_at_, now) + refill;
    if (full_at - now > ToDuration(rate.burst / rate.per_second)) return false;
    full_at_ = full_at;
    return true;
  }

  /// Whether it is as good as a new one.
  bool IsFull(Clock::time_point now) const { return full_at_ <= now; }

 private:
  static Clock::duration ToDuration(double seconds) {
    // Far longer than anything runs, and far shorter than what a duration holds.
    constexpr double kLongest = 4e9;
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(std::min(seconds, kLongest)));
  }

  Clock::time_point full_at_ = Clock::time_point::min();
};

}  // namespace parley::limits
