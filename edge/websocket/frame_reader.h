#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "edge/websocket/deflate.h"

namespace parley::websocket {

/// What a close frame comes to that names no code; never on the wire.
inline constexpr std::uint16_t kNoCloseCode = 1005;

/// What a client does that no client may, and the close code to tell it so: 1002, 1007 or 1009.
struct Violation {
  std::uint16_t code;
  std::string_view text;
};

/// Takes apart what a client sends after its handshake: puts messages together from frames, and finds control
/// frames among them (RFC 6455). It does no I/O. One thread at a time.
///
/// Between messages it holds nothing, which is why it is here: Beast's stream keeps 2.5 KiB for each
/// connection, a third of what an idle participant would take. Of a message that comes in pieces it holds
/// what has come.
class FrameReader {
 public:
  /// Hears what is found. Each member returns whether reading goes on.
  class Sink {
   public:
    virtual ~Sink() = default;

    /// A whole message; that of a text message is valid UTF-8. `payload` is valid during the call only.
    virtual bool OnMessage(std::string_view payload, bool binary) = 0;
    /// A ping, which is to be answered with the same payload. Pongs are passed over.
    virtual bool OnPing(std::string_view payload) = 0;
    /// The peer's close frame; `code` is kNoCloseCode when it names none. Nothing is read after it.
    virtual void OnClose(std::uint16_t code, std::string_view reason) = 0;
  };

  /// `inflates`: permessage-deflate was agreed on, so that messages may come compressed. `max_message_bytes`
  /// is the largest payload that is taken, before it is compressed as well as after.
  FrameReader(std::size_t max_message_bytes, bool inflates)
      : max_message_bytes_(max_message_bytes), inflates_(inflates) {}

  /// Takes the next bytes, and unmasks them where they are. Nothing may be read after a violation, or after
  /// the sink has said so.
  std::optional<Violation> Read(std::span<char> bytes, Sink& sink);

 private:
  enum class Step { kNeedsMore, kGoesOn, kStops };

  Step ReadHeader(std::span<char>& bytes);
  std::optional<Violation> CheckHeader();
  Step ReadPayload(std::span<char>& bytes, Sink& sink);
  Step EndControlFrame(std::string_view payload, Sink& sink);
  Step EndMessage(std::string_view payload, Sink& sink);
  Step Fail(std::uint16_t code, std::string_view text);

  bool control() const { return (opcode_ & 0x8) != 0; }

  const std::size_t max_message_bytes_;
  const bool inflates_;

  // The frame at hand.
  std::array<unsigned char, 14> header_;
  std::uint8_t header_size_ = 0;  // of it have come
  bool in_payload_ = false;
  bool final_ = false;
  std::uint8_t opcode_ = 0;
  std::uint64_t payload_left_ = 0;
  std::array<unsigned char, 4> mask_;  // turned so that its first byte is the next one's

  // The message at hand, of which a first frame has come.
  std::uint8_t message_opcode_ = 0;  // 0: none
  bool compressed_ = false;
  std::string message_;

  std::string control_payload_;  // as far as it has come
  std::optional<Violation> violation_;
  std::unique_ptr<Inflater> inflater_;  // once there is something for it to do
};

}  // namespace parley::websocket
