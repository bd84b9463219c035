#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/edge/server/loopback_client.h"

namespace parley::websocket {

enum Opcode : unsigned char { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

/// How a frame departs from an ordinary one.
struct FrameOptions {
  bool fin = true;
  bool masked = true;
  unsigned char reserved_bits = 0;  // 0x40, 0x20 and 0x10
};

/// A client's frame, as it goes over the wire.
std::string ClientFrame(Opcode opcode, std::string_view payload, FrameOptions options = {});

/// The payload of a close frame.
std::string ClosePayload(std::uint16_t code, std::string_view reason = "");

/// An upgrade request for `target`; `extra` is more header lines, each with its line end.
std::string UpgradeRequestFor(std::string_view target, std::string_view extra = "");

/// A WebSocket client for tests that does nothing by itself: it answers no ping and no close.
class WebSocketClient {
 public:
  struct Received {
    Opcode opcode;
    std::string payload;
    bool compressed = false;
    friend bool operator==(const Received&, const Received&) = default;
  };

  /// Connects and completes the handshake; `glued` is sent together with the request, `extra` is more header
  /// lines of it.
  explicit WebSocketClient(std::uint16_t port, std::optional<int> receive_buffer = std::nullopt,
                           std::string_view glued = "", std::string_view extra = "");

  /// The header of the server's answer.
  const std::string& handshake() const { return handshake_; }

  void Send(Opcode opcode, std::string_view payload, FrameOptions options = {});

  /// The server's next frame. Throws if it is masked, fragmented, or uses a reserved bit other than
  /// permessage-deflate's.
  Received Read();

  /// The code of the server's next frame, which must be a close frame; nullopt: it names none.
  std::optional<std::uint16_t> ReadCloseCode();

  /// The connection below.
  server::LoopbackClient& tcp() { return tcp_; }

 private:
  server::LoopbackClient tcp_;
  std::string handshake_;
};

}  // namespace parley::websocket
