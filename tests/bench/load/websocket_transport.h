#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/load/transport.h"

namespace parley::bench {

/// One packet per text message. Neither extensions nor fragments are spoken.
class WebSocketTransport final : public Transport, private TcpConnection::Listener {
 public:
  WebSocketTransport(EventLoop& loop, const Endpoint& endpoint, int version, Transport::Listener& listener);

  void Send(std::string_view packet) override;

 private:
  std::size_t OnBytes(std::string_view bytes) override;
  void OnClosed(const std::string& reason) override { listener_.OnTransportClosed(reason); }
  void OnFrame(std::uint8_t first, std::string_view payload);
  void SendFrame(std::uint8_t opcode, std::string_view payload);

  Transport::Listener& listener_;
  bool upgraded_ = false;
  TcpConnection connection_;
};

}  // namespace parley::bench
