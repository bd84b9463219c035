#pragma once

#include <chrono>

#include "edge/engineio/protocol.h"

namespace parley::engineio {

/// What is due when in the heartbeat of one session. It keeps no timer and asks no clock: times come in as
/// values, so that a late timer doesn't shift what a client was promised.
class Heartbeat {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Due {
    kNothing,
    kPing,  // the server must ping now
    kDead,  // the client was silent for too long
  };

  Heartbeat(Protocol protocol, std::chrono::milliseconds interval, std::chrono::milliseconds timeout,
            Clock::time_point now);

  /// When Check will say something else than kNothing, if nothing arrives before.
  Clock::time_point deadline() const { return deadline_; }

  /// What is due at `now`. Returns kPing once per ping.
  Due Check(Clock::time_point now);

  /// Something arrived from the client. A sign of life in version 3, whose clients ping by themselves; in
  /// version 4 only a pong is.
  void OnPacket(Clock::time_point now);
  void OnPong(Clock::time_point now);

 private:
  const Protocol protocol_;
  const std::chrono::milliseconds interval_;
  const std::chrono::milliseconds timeout_;

  Clock::time_point deadline_;
  bool awaiting_pong_ = false;
};

}  // namespace parley::engineio
