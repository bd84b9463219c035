#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/bench/load/tcp_connection.h"

namespace parley::bench {

/// Carries packets of Engine.IO, each with its type in front.
class Transport {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnPacket(std::string_view packet) = 0;
    virtual void OnTransportClosed(const std::string& reason) = 0;
  };

  enum class Kind { kWebSocket, kPolling };

  struct Options {
    Kind kind = Kind::kWebSocket;
    /// Of Engine.IO: 3 or 4.
    int version = 4;
    /// Over polling, what has been sent leaves no connection: those who do nothing take one each.
    bool sparing = false;
  };

  /// Begins to connect. `loop` and `listener` must outlive the transport.
  static std::unique_ptr<Transport> Connect(EventLoop& loop, const Endpoint& endpoint, const Options& options,
                                            Listener& listener);

  virtual ~Transport() = default;
  virtual void Send(std::string_view packet) = 0;
};

}  // namespace parley::bench
