#include "edge/engineio/packet.h"

#include <absl/strings/escaping.h>

namespace parley::engineio {
namespace {

std::optional<Packet> DecodeBase64(Protocol protocol, std::string_view text, std::string& storage) {
  if (protocol == Protocol::kV3) {
    if (text.empty() || text.front() != static_cast<char>(PacketType::kMessage)) return std::nullopt;
    text.remove_prefix(1);
  }
  if (!absl::Base64Unescape(absl::string_view(text.data(), text.size()), &storage)) return std::nullopt;
  return Packet{PacketType::kMessage, true, storage};
}

}  // namespace

std::optional<Packet> DecodeText(Protocol protocol, std::string_view text, std::string& storage) {
  if (text.empty()) return std::nullopt;
  const char type = text.front();
  text.remove_prefix(1);
  if (type == 'b') return DecodeBase64(protocol, text, storage);
  if (type < static_cast<char>(PacketType::kOpen) || type > static_cast<char>(PacketType::kNoop))
    return std::nullopt;
  return Packet{static_cast<PacketType>(type), false, text};
}

std::optional<Packet> DecodeBinary(Protocol protocol, std::string_view bytes) {
  if (protocol == Protocol::kV3) {
    constexpr char kMessageByte = '\x04';
    if (bytes.empty() || bytes.front() != kMessageByte) return std::nullopt;
    bytes.remove_prefix(1);
  }
  return Packet{PacketType::kMessage, true, bytes};
}

}  // namespace parley::engineio
