// Single packets, as WebSocket messages carry them. The input is the protocol's version, `t` for text or `b`
// for binary, and the message.

#include <optional>
#include <string>

#include "edge/engineio/message.h"
#include "edge/engineio/packet.h"
#include "edge/engineio/payload.h"
#include "edge/websocket/utf8.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

using engineio::Message;
using engineio::Packet;
using engineio::PacketType;
using engineio::Protocol;

bool Same(const std::optional<Packet>& one, const Packet& other) {
  return one.has_value() && one->type == other.type && one->binary == other.binary && one->data == other.data;
}

void CheckReencoding(Protocol protocol, const Packet& packet) {
  std::string storage;
  if (packet.binary) {
    const websocket::SharedFrame frame = Message::Binary(packet.data).frame(protocol);
    Require(frame->binary() && Same(engineio::DecodeBinary(protocol, frame->payload()), packet),
            "a binary message we send says what was decoded");
    Require(Same(engineio::DecodeText(protocol, engineio::EncodeBase64(protocol, *frame), storage), packet),
            "so does its form in base64");
  } else if (packet.type == PacketType::kMessage) {
    const websocket::SharedFrame frame = Message::Text(packet.data).frame(protocol);
    Require(!frame->binary() && Same(engineio::DecodeText(protocol, frame->payload(), storage), packet),
            "a text message we send says what was decoded");
  }
}

void Check(Protocol protocol, bool binary, std::string_view message) {
  if (!binary && !websocket::IsValidUtf8(message)) return;  // the WebSocket has refused it
  std::string storage;
  const std::optional<Packet> packet =
      binary ? engineio::DecodeBinary(protocol, message) : engineio::DecodeText(protocol, message, storage);
  if (!packet.has_value()) return;
  Require(!binary || (packet->binary && packet->type == PacketType::kMessage), "only messages are binary");
  Require(packet->binary || message.substr(1) == packet->data, "text is taken as it is");
  CheckReencoding(protocol, *packet);
}

}  // namespace
}  // namespace parley::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input = parley::fuzz::AsText(data, size);
  const auto protocol = input[0] == '3' ? parley::engineio::Protocol::kV3 : parley::engineio::Protocol::kV4;
  parley::fuzz::Check(protocol, input[1] == 'b', input.substr(2));
  return 0;
}
