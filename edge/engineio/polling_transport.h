#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/engineio/cors.h"
#include "edge/engineio/payload.h"
#include "edge/engineio/protocol.h"
#include "edge/server/exchange.h"
#include "edge/websocket/frame.h"

namespace parley::engineio {

/// A session's long-polling side: the poll that waits for something to say, and what the answers look like.
/// Worker thread only.
class PollingTransport {
 public:
  /// `base64` and `jsonp` (the `j` parameter) are the handshake's and hold for the whole session. `compress`:
  /// answers to polls may be.
  PollingTransport(Protocol protocol, bool base64, std::optional<std::string> jsonp, bool compress,
                   const Cors& cors);

  /// Whether a poll waits for an answer.
  bool parked() const { return poll_ != nullptr; }

  /// Keeps a poll until Answer. Only when none is parked. `on_aborted` is called when the client goes away
  /// before.
  void Park(std::shared_ptr<server::Exchange> poll, std::function<void()> on_aborted);

  /// Answers the parked poll. `set_cookie` is a header's value, if it isn't empty.
  void Answer(const std::vector<websocket::SharedFrame>& frames, std::string_view set_cookie = "");

  /// Forgets the parked poll, whose client went away.
  void Drop() { poll_ = nullptr; }

  /// Visits the packets in a POST's body.
  PayloadResult Decode(const server::Request& request, absl::FunctionRef<bool(const Packet&)> visit) const;

  /// Answers a POST whose packets were taken.
  void Acknowledge(server::Exchange& post) const;

  /// Answers 400 to a request that breaks the rules.
  void Refuse(server::Exchange& exchange) const;

 private:
  const Protocol protocol_;
  const bool base64_;
  const std::optional<std::string> jsonp_;
  const bool compress_;
  const Cors& cors_;

  std::shared_ptr<server::Exchange> poll_;
};

}  // namespace parley::engineio
