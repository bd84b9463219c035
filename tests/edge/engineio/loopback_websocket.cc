#include "tests/edge/engineio/loopback_websocket.h"

#include <stdexcept>
#include <utility>

namespace parley::engineio {

LoopbackWebSocket::LoopbackWebSocket(std::uint16_t port, std::string_view target)
    : connection_(std::make_unique<server::LoopbackClient>(port)) {
  connection_->Send("GET " + std::string(target) +
                    " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  response_ = connection_->ReadResponse();
}

void LoopbackWebSocket::SendFrame(unsigned char first_byte, std::string_view payload) {
  std::string frame(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    const bool wide = payload.size() > 0xffff;
    frame += static_cast<char>(0x80 | (wide ? 127 : 126));
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8)
      frame += static_cast<char>(payload.size() >> shift & 0xff);
  }
  frame.append(4, '\0');  // a mask that changes nothing
  frame += payload;
  connection_->SendUntilRefused(frame);
}

std::string LoopbackWebSocket::Receive() {
  try {
    return ReceiveFrame();
  } catch (const std::runtime_error& error) {
    // A connection that was closed or reset under the client.
    if (std::string_view(error.what()).find("closed too early") != std::string_view::npos) return "closed";
    throw;
  }
}

std::string LoopbackWebSocket::ReceiveFrame() {
  const std::string head = connection_->Read(2);
  std::size_t length = static_cast<unsigned char>(head[1]);
  if (length >= 126) {
    const std::string extended = connection_->Read(length == 126 ? 2 : 8);
    length = 0;
    for (const char byte : extended) length = length << 8 | static_cast<unsigned char>(byte);
  }
  std::string payload = connection_->Read(length);
  switch (static_cast<unsigned char>(head[0])) {
    case 0x81:
      return payload;
    case 0x82:
      return "[" + payload + "]";
    case 0x88:
      return "closed";
    default:
      throw std::logic_error("a frame that no test expects");
  }
}

}  // namespace parley::engineio
