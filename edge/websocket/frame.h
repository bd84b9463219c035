#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace parley::websocket {

class Frame;

/// A frame that any number of connections on any thread may hold and send.
using SharedFrame = std::shared_ptr<const Frame>;

/// A server-to-client WebSocket frame, header and payload in one buffer: unmasked and unfragmented.
/// Immutable.
class Frame {
  struct Private {};

 public:
  /// A text message. `payload` must be valid UTF-8; it is not checked here.
  static SharedFrame Text(std::string_view payload);

  /// A binary message.
  static SharedFrame Binary(std::string_view payload);

  /// A close frame. A `reason` longer than a control frame holds (123 bytes) is cut at a character's
  /// boundary.
  static SharedFrame Close(std::uint16_t code, std::string_view reason);

  /// The answer to a ping; no longer than a control frame holds, 125 bytes.
  static SharedFrame Pong(std::string_view payload);

  /// Bytes that are in the wire's format already, such as a handshake response.
  static SharedFrame Raw(std::string bytes);

  /// What `frame`, a text or binary message, is sent as to peers that take compressed messages: the same for
  /// all of them, made when it is first asked for. `frame` itself when it is short, or compressing makes it
  /// no shorter. Any thread.
  static SharedFrame Deflated(const SharedFrame& frame);

  Frame(Private, std::string bytes, std::size_t header_size, bool binary)
      : bytes_(std::move(bytes)), header_size_(header_size), binary_(binary) {}

  /// What goes over the wire.
  std::string_view bytes() const { return bytes_; }

  /// What the client's application gets. Of a raw frame: everything.
  std::string_view payload() const { return std::string_view(bytes_).substr(header_size_); }

  bool binary() const { return binary_; }

 private:
  const std::string bytes_;
  const std::size_t header_size_;
  const bool binary_;

  mutable std::once_flag deflate_once_;
  mutable SharedFrame deflated_;  // nullptr: not made yet, or of no use.
};

}  // namespace parley::websocket
