#include "edge/websocket/frame.h"

#include <optional>
#include <utility>

#include "edge/websocket/deflate.h"

namespace parley::websocket {
namespace {

constexpr unsigned char kText = 0x81;
constexpr unsigned char kBinary = 0x82;
constexpr unsigned char kClose = 0x88;
constexpr unsigned char kPong = 0x8a;
constexpr unsigned char kCompressed = 0x40;
constexpr std::size_t kMaxControlPayload = 125;
// The reference's threshold: what fits into one network packet gains nothing.
constexpr std::size_t kMinDeflateBytes = 1024;

/// The header of a whole unmasked frame, with room for the payload (RFC 6455, 5.2).
std::string Header(unsigned char first_byte, std::size_t payload_size) {
  std::string bytes;
  const auto append_number = [&bytes](std::uint64_t number, int size) {
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<char>(number >> shift & 0xff));
  };
  bytes.reserve(payload_size + 10);
  bytes.push_back(static_cast<char>(first_byte));
  if (payload_size <= kMaxControlPayload) {
    bytes.push_back(static_cast<char>(payload_size));
  } else if (payload_size <= 0xffff) {
    bytes.push_back(126);
    append_number(payload_size, 2);
  } else {
    bytes.push_back(127);
    append_number(payload_size, 8);
  }
  return bytes;
}

}  // namespace

SharedFrame Frame::Text(std::string_view payload) {
  std::string bytes = Header(kText, payload.size());
  const std::size_t header_size = bytes.size();
  bytes.append(payload);
  return std::make_shared<const Frame>(Private{}, std::move(bytes), header_size, false);
}

SharedFrame Frame::Binary(std::string_view payload) {
  std::string bytes = Header(kBinary, payload.size());
  const std::size_t header_size = bytes.size();
  bytes.append(payload);
  return std::make_shared<const Frame>(Private{}, std::move(bytes), header_size, true);
}

SharedFrame Frame::Close(std::uint16_t code, std::string_view reason) {
  std::size_t size = reason.size();
  if (size > kMaxControlPayload - 2) {
    size = kMaxControlPayload - 2;
    while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xc0) == 0x80) --size;
  }
  std::string bytes = Header(kClose, size + 2);
  const std::size_t header_size = bytes.size();
  bytes.push_back(static_cast<char>(code >> 8));
  bytes.push_back(static_cast<char>(code & 0xff));
  bytes.append(reason.substr(0, size));
  return std::make_shared<const Frame>(Private{}, std::move(bytes), header_size, true);
}

SharedFrame Frame::Pong(std::string_view payload) {
  return Raw(Header(kPong, payload.size()).append(payload));
}

SharedFrame Frame::Raw(std::string bytes) {
  return std::make_shared<const Frame>(Private{}, std::move(bytes), 0, true);
}

SharedFrame Frame::Deflated(const SharedFrame& frame) {
  if (frame->payload().size() < kMinDeflateBytes) return frame;
  std::call_once(frame->deflate_once_, [&original = *frame] {
    const std::optional<std::string> compressed = Deflate(DeflateFormat::kMessage, original.payload());
    if (!compressed.has_value()) return;
    std::string bytes = Header((original.binary_ ? kBinary : kText) | kCompressed, compressed->size());
    const std::size_t header_size = bytes.size();
    bytes.append(*compressed);
    original.deflated_ =
        std::make_shared<const Frame>(Private{}, std::move(bytes), header_size, original.binary_);
  });
  return frame->deflated_ != nullptr ? frame->deflated_ : frame;
}

}  // namespace parley::websocket
