#include "edge/engineio/message.h"

#include <string>
#include <utility>

namespace parley::engineio {

Message Message::Text(std::string_view text) {
  std::string packet;
  packet.reserve(text.size() + 1);
  packet += '4';
  packet += text;
  websocket::SharedFrame frame = websocket::Frame::Text(packet);
  return Message(frame, frame);
}

Message Message::Binary(std::string_view bytes) {
  std::string packet;
  packet.reserve(bytes.size() + 1);
  packet += '\x04';
  packet += bytes;
  return Message(websocket::Frame::Binary(packet), websocket::Frame::Binary(bytes));
}

Message::Message(websocket::SharedFrame v3, websocket::SharedFrame v4)
    : v3_(std::move(v3)), v4_(std::move(v4)) {}

}  // namespace parley::engineio
