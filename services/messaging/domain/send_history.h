#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/clock/clock.h"

namespace parley::messaging {

/// How fast one participant may send: a bucket of `burst` messages that is refilled at `rate` messages a
/// second.
struct SendLimit {
  /// 0 turns the limit off.
  double rate = 10;
  /// At least 1.
  int burst = 20;
};

/// When one participant has sent: as much of it as any bucket, of whatever rate and burst, can depend on.
///
/// Before the n-th message, at the time t, a bucket that has seen messages at the times t1, t2, … holds
/// min(burst, min over i of burst + rate · (t − ti) − (n − i)), since it held `burst` at most before each of
/// them. The minimum over i is taken at a corner of the lower convex hull of the points (ti, i), so only the
/// corners are kept: one or two for somebody who sends regularly, where a list of times would grow without
/// end. The limit may be another one after each restart, which is why a state that is replayed can't hold a
/// bucket itself.
class SendHistory {
 public:
  /// A message that was sent, by its number.
  struct Send {
    Time at;
    std::int64_t number = 0;

    friend bool operator==(const Send&, const Send&) = default;
  };

  SendHistory() = default;
  /// Takes up a history again; `corners` as corners() gave them.
  explicit SendHistory(std::vector<Send> corners) : corners_(std::move(corners)) {}

  /// Takes note of a message that was accepted.
  void Add(Time at);

  /// How long to wait before one more message is within the limit; nothing when it is now.
  std::optional<Duration> WaitFor(const SendLimit& limit, Time now) const;

  /// What there is to keep, oldest first; the last one is the last message.
  const std::vector<Send>& corners() const { return corners_; }

  friend bool operator==(const SendHistory&, const SendHistory&) = default;

 private:
  std::vector<Send> corners_;
};

}  // namespace parley::messaging
