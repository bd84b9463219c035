#include "tests/edge/websocket/websocket_client.h"

#include <stdexcept>

#include "absl/strings/str_cat.h"

namespace parley::websocket {
namespace {

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

std::string ClientFrame(Opcode opcode, std::string_view payload, FrameOptions options) {
  constexpr std::string_view kMask = "\x12\x34\x56\x78";
  std::string frame;
  frame.push_back(static_cast<char>((options.fin ? 0x80 : 0) | options.reserved_bits | opcode));
  const int mask_bit = options.masked ? 0x80 : 0;
  int length_bytes = 0;
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(mask_bit | static_cast<int>(payload.size())));
  } else {
    length_bytes = payload.size() <= 0xffff ? 2 : 8;
    frame.push_back(static_cast<char>(mask_bit | (length_bytes == 2 ? 126 : 127)));
  }
  for (int i = length_bytes - 1; i >= 0; --i)
    frame.push_back(static_cast<char>(payload.size() >> (8 * i) & 0xff));
  if (!options.masked) return frame.append(payload);
  frame.append(kMask);
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame.push_back(static_cast<char>(payload[i] ^ kMask[i % 4]));
  return frame;
}

std::string ClosePayload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  payload.push_back(static_cast<char>(code >> 8));
  payload.push_back(static_cast<char>(code & 0xff));
  payload.append(reason);
  return payload;
}

std::string UpgradeRequestFor(std::string_view target, std::string_view extra) {
  return absl::StrCat("GET ", std::string(target),
                      " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                      std::string(extra), "\r\n");
}

WebSocketClient::WebSocketClient(std::uint16_t port, std::optional<int> receive_buffer,
                                 std::string_view glued, std::string_view extra)
    : tcp_(port, receive_buffer) {
  std::string bytes = UpgradeRequestFor("/", extra);
  bytes.append(glued);
  tcp_.Send(bytes);
  handshake_ = tcp_.ReadUntil("\r\n\r\n");
  // The example of RFC 6455, 1.3.
  if (!handshake_.starts_with("HTTP/1.1 101 ") ||
      handshake_.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) {
    throw std::runtime_error("bad handshake: " + handshake_);
  }
}

void WebSocketClient::Send(Opcode opcode, std::string_view payload, FrameOptions options) {
  tcp_.Send(ClientFrame(opcode, payload, options));
}

WebSocketClient::Received WebSocketClient::Read() {
  const std::string head = tcp_.Read(2);
  const auto first = static_cast<unsigned char>(head[0]);
  std::uint64_t size = static_cast<unsigned char>(head[1]);
  if ((first & 0xb0) != 0x80 || size > 127) throw std::runtime_error("unexpected kind of frame");
  if (size == 126) {
    size = BigEndian(tcp_.Read(2));
  } else if (size == 127) {
    size = BigEndian(tcp_.Read(8));
  }
  return {static_cast<Opcode>(first & 0x0f), tcp_.Read(size), (first & 0x40) != 0};
}

std::optional<std::uint16_t> WebSocketClient::ReadCloseCode() {
  const Received received = Read();
  if (received.opcode != kClose) throw std::runtime_error("not a close frame: " + received.payload);
  if (received.payload.size() < 2) return std::nullopt;
  return static_cast<std::uint16_t>(BigEndian(std::string_view(received.payload).substr(0, 2)));
}

}  // namespace parley::websocket
