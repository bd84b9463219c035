#include "tests/bench/load/websocket_transport.h"

#include <array>
#include <cstring>

#include "tests/bench/load/failure.h"
#include "tests/bench/load/http_client.h"

namespace parley::bench {
namespace {

constexpr std::uint8_t kText = 0x1;
constexpr std::uint8_t kClose = 0x8;
constexpr std::uint8_t kPing = 0x9;
constexpr std::uint8_t kPong = 0xa;
constexpr std::uint8_t kFinal = 0x80;
constexpr std::uint8_t kMasked = 0x80;

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

/// Never the same twice in a row, so that the server really has to unmask. Xorshift.
std::uint32_t NextMask() {
  static std::uint32_t state = 0x9e3779b9;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

}  // namespace

WebSocketTransport::WebSocketTransport(EventLoop& loop, const Endpoint& endpoint, int version,
                                       Transport::Listener& listener)
    : listener_(listener), connection_(loop, endpoint, *this) {
  connection_.Send("GET /socket.io/?EIO=" + std::to_string(version) +
                   "&transport=websocket HTTP/1.1\r\nHost: " + endpoint.host +
                   "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}

void WebSocketTransport::Send(std::string_view packet) { SendFrame(kText, packet); }

void WebSocketTransport::SendFrame(std::uint8_t opcode, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame.push_back(static_cast<char>(kFinal | opcode));
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(kMasked | payload.size()));
  } else {
    if (payload.size() > 0xffff) throw Failure("a message is too long for this client");
    frame.push_back(static_cast<char>(kMasked | 126));
    frame.push_back(static_cast<char>(payload.size() >> 8));
    frame.push_back(static_cast<char>(payload.size() & 0xff));
  }
  std::array<char, 4> mask;
  const std::uint32_t key = NextMask();
  std::memcpy(mask.data(), &key, mask.size());
  frame.append(mask.data(), mask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame.push_back(static_cast<char>(payload[i] ^ mask[i % mask.size()]));
  }
  connection_.Send(frame);
}

std::size_t WebSocketTransport::OnBytes(std::string_view bytes) {
  std::size_t used = 0;
  if (!upgraded_) {
    const HttpResponse response = ParseHttpResponse(bytes);
    if (response.size == 0) return 0;
    if (response.status != 101) throw Failure("no WebSocket: " + std::string(bytes.substr(0, response.size)));
    upgraded_ = true;
    used = response.size;
  }
  for (;;) {
    const std::string_view rest = bytes.substr(used);
    if (rest.size() < 2) return used;
    std::size_t header = 2;
    std::uint64_t length = static_cast<std::uint8_t>(rest[1]);
    if (length >= 126) {
      header = length == 126 ? 4 : 10;
      if (rest.size() < header) return used;
      length = BigEndian(rest.substr(2, header - 2));
    }
    if (rest.size() < header + length) return used;
    OnFrame(rest[0], rest.substr(header, length));
    used += header + length;
  }
}

void WebSocketTransport::OnFrame(std::uint8_t first, std::string_view payload) {
  switch (first) {
    case kFinal | kText:
      return listener_.OnPacket(payload);
    case kFinal | kPing:
      return SendFrame(kPong, payload);
    case kFinal | kPong:
      return;
    case kFinal | kClose:
      return listener_.OnTransportClosed("the server has closed the WebSocket");
    default:
      throw Failure("a frame begins with the byte " + std::to_string(first));
  }
}

}  // namespace parley::bench
