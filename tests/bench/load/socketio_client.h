#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/bench/load/transport.h"

namespace parley::bench {

/// One client of Socket.IO, on the namespace "/".
class SocketIoClient final : private Transport::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnConnected() = 0;
    /// `packet` holds the event's whole JSON array.
    virtual void OnEvent(std::string_view name, std::string_view packet) = 0;
    virtual void OnAcknowledged(std::uint64_t id, std::string_view packet) = 0;
    virtual void OnDisconnected(const std::string& reason) = 0;
  };

  /// Begins to connect. `loop` and `listener` must outlive the client.
  SocketIoClient(EventLoop& loop, const Endpoint& endpoint, const Transport::Options& options,
                 Listener& listener);

  /// `event` is a JSON array, such as `["leave"]`.
  void Emit(std::string_view event);
  /// Asks for an acknowledgement with this id.
  void Emit(std::string_view event, std::uint64_t id);

  /// In Engine.IO 3 clients have to say regularly that they are there; in 4 the server asks them.
  void Ping();

 private:
  void OnPacket(std::string_view packet) override;
  void OnTransportClosed(const std::string& reason) override { listener_.OnDisconnected(reason); }
  void OnMessage(std::string_view message);

  const int version_;
  Listener& listener_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace parley::bench
