#include "edge/engineio/heartbeat.h"

#include <algorithm>

namespace parley::engineio {

Heartbeat::Heartbeat(Protocol protocol, std::chrono::milliseconds interval, std::chrono::milliseconds timeout,
                     Clock::time_point now)
    : protocol_(protocol),
      interval_(interval),
      timeout_(timeout),
      deadline_(protocol == Protocol::kV3 ? now + interval + timeout : now + interval) {}

Heartbeat::Due Heartbeat::Check(Clock::time_point now) {
  if (now < deadline_) return Due::kNothing;
  if (protocol_ == Protocol::kV3 || awaiting_pong_) return Due::kDead;
  awaiting_pong_ = true;
  // The pong's time runs from when the ping was due, not from when this was asked: after interval + timeout a
  // silent client is gone, to the millisecond. A loop that was held up is no fault of the client's, though.
  deadline_ = std::max(deadline_, now - timeout_ / 2) + timeout_;
  return Due::kPing;
}

void Heartbeat::OnPacket(Clock::time_point now) {
  if (protocol_ == Protocol::kV3) deadline_ = now + interval_ + timeout_;
}

void Heartbeat::OnPong(Clock::time_point now) {
  if (protocol_ != Protocol::kV4) return;
  awaiting_pong_ = false;
  deadline_ = now + interval_;
}

}  // namespace parley::engineio
