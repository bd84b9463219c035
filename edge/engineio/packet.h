#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge/engineio/protocol.h"

namespace parley::engineio {

/// The digit a packet begins with.
enum class PacketType : char {
  kOpen = '0',
  kClose = '1',
  kPing = '2',
  kPong = '3',
  kMessage = '4',
  kUpgrade = '5',
  kNoop = '6',
};

/// A packet from a client. A view: it is valid as long as what it was decoded from.
struct Packet {
  PacketType type;
  bool binary = false;  // only messages are
  std::string_view data;
};

/// Decodes a packet that is text: a type digit and data, or `b` and base64 (`b4` in version 3), which is
/// decoded into `storage`. Nullopt: no packet.
std::optional<Packet> DecodeText(Protocol protocol, std::string_view text, std::string& storage);

/// Decodes the content of a binary WebSocket frame, or of a binary entry in a version 3 payload.
std::optional<Packet> DecodeBinary(Protocol protocol, std::string_view bytes);

}  // namespace parley::engineio
