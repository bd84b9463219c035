#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "edge/server/http.h"
#include "edge/server/peer.h"
#include "edge/websocket/connection.h"

namespace parley::server {

/// Where an Exchange leaves its answer and the connection finds it. Worker thread only.
struct PendingAnswer {
  bool done() const { return response || accepted != nullptr || dropped; }

  /// Tells the connection that it is done.
  void Wake() {
    if (wake) wake();
  }

  /// The client went away.
  void Abort() {
    aborted = true;
    const std::function<void()> notify = std::exchange(on_aborted, nullptr);
    if (notify) notify();
  }

  // Constant while the exchange lives.
  Request request;
  Peer peer;

  // By the exchange.
  std::optional<Response> response;
  std::shared_ptr<websocket::Connection> accepted;
  bool dropped = false;
  std::function<void()> on_aborted;

  // By the connection.
  bool aborted = false;
  /// The client has closed its side. It may be gone, or wait for the answer, which only matters to those who
  /// await the abort.
  bool half_closed = false;
  std::function<void()> wake;
};

}  // namespace parley::server
