#pragma once

#include "common/clock/clock.h"

namespace parley::edge {

/// Says when a stream of calls may be left unread for a moment: all of them are answered, the next is likely
/// to come soon, and nobody is waiting for what others may say. One thread at a time.
class RestPolicy {
 public:
  /// For how long after what others said more of that is expected. Of edges that talk in the same rooms none
  /// rests, so none hears late of another.
  static constexpr Duration kOthersTalk{100};

  /// How long a rest may be at most.
  explicit RestPolicy(Duration longest_rest) : longest_rest_(longest_rest) {}

  /// A message was written, with calls, with requests to follow rooms, or with both.
  void OnWritten(Time now, bool calls, bool watch_requests);

  /// A message was read, with answers to calls, with news, which may answer requests to follow rooms, or with
  /// both.
  void OnRead(Time now, bool answers, bool news);

  /// Whether the stream may rest after the message that was read last, if no call is under way.
  bool MayRest(Time now) const;

 private:
  const Duration longest_rest_;
  Time called_at_ = Time::min();
  /// Between the last two messages with calls.
  Duration between_calls_ = Duration::max();
  /// News that answer a request to follow a room have not come yet.
  bool news_due_ = false;
  /// The message that was read last had answers.
  bool answered_ = false;
  /// When news came last that nobody on this side had called for.
  Time others_talked_at_ = Time::min();
};

}  // namespace parley::edge
