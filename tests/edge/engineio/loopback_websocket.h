#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/edge/server/loopback_client.h"

namespace parley::engineio {

/// A blocking WebSocket client for tests, whose text is literal. What it receives is given as text: a text
/// message as it is, a binary one in brackets, a close frame as "closed", and so the end of the connection.
class LoopbackWebSocket {
 public:
  /// Sends an upgrade request for `target` and reads the answer.
  LoopbackWebSocket(std::uint16_t port, std::string_view target);

  /// The status of the answer; 101 when there is a WebSocket now.
  unsigned status() const { return response_.result_int(); }
  const server::Response& response() const { return response_; }

  void Send(std::string_view text) { SendFrame(0x81, text); }
  void SendBinary(std::string_view bytes) { SendFrame(0x82, bytes); }
  void SendClose() { SendFrame(0x88, "\x03\xe8"); }

  std::string Receive();

  server::LoopbackClient& connection() { return *connection_; }

 private:
  void SendFrame(unsigned char first_byte, std::string_view payload);
  std::string ReceiveFrame();

  std::unique_ptr<server::LoopbackClient> connection_;
  server::Response response_;
};

}  // namespace parley::engineio
