#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "edge/engineio/protocol.h"
#include "edge/server/worker.h"

namespace parley::engineio {

class WebSocketTransport;

/// A WebSocket on probation, while its session still polls. Worker thread only.
class Probe {
 public:
  using Clock = std::chrono::steady_clock;

  /// What the client said on it.
  enum class Verdict {
    kConfirmed,  // the probe, which has been answered
    kUpgrade,    // the session is to go on here
    kRejected,   // anything else
  };

  /// `on_timeout` is called when `timeout` passes.
  Probe(std::shared_ptr<WebSocketTransport> transport, const server::Executor& executor,
        std::chrono::milliseconds timeout, std::function<void()> on_timeout);

  const std::shared_ptr<WebSocketTransport>& transport() const { return transport_; }
  bool confirmed() const { return confirmed_; }

  Verdict OnFrame(Protocol protocol, std::string_view payload, bool binary);

  /// Calls `release` when a poll that is parked now may be answered with a NOOP: at once, and then at most
  /// every 100 ms. A client that has not yet read the answer to its probe polls again at once, and would
  /// spin.
  void ReleasePoll(std::function<void()> release);

 private:
  // Constant after construction.
  const std::shared_ptr<WebSocketTransport> transport_;

  bool confirmed_ = false;
  Clock::time_point next_release_ = Clock::time_point::min();
  server::Timer release_timer_;
  server::Timer timeout_timer_;
  // Handlers of timers that have expired already can't be cancelled; they find this gone.
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace parley::engineio
