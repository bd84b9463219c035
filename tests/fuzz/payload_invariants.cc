#include "tests/fuzz/payload_invariants.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "edge/engineio/jsonp.h"
#include "edge/engineio/message.h"
#include "edge/engineio/payload.h"
#include "edge/websocket/utf8.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

using engineio::Packet;
using engineio::PacketType;
using engineio::PayloadResult;
using engineio::Protocol;

/// A packet that outlives the body it was in.
struct OwnedPacket {
  PacketType type;
  bool binary;
  std::string data;

  bool operator==(const OwnedPacket&) const = default;
};

struct Decoded {
  PayloadResult result;
  std::vector<OwnedPacket> packets;
};

Decoded Decode(Protocol protocol, bool binary, std::string_view body) {
  Decoded decoded;
  decoded.result = engineio::DecodePayload(protocol, binary, body, [&](const Packet& packet) {
    decoded.packets.push_back({packet.type, packet.binary, std::string(packet.data)});
    return true;
  });
  return decoded;
}

void CheckPacket(const OwnedPacket& packet) {
  Require(packet.type >= PacketType::kOpen && packet.type <= PacketType::kNoop, "a packet has a known type");
  Require(!packet.binary || packet.type == PacketType::kMessage, "only messages are binary");
  Require(packet.binary || websocket::IsValidUtf8(packet.data),
          "text stays text when packets are cut out of it");
}

websocket::SharedFrame FrameOf(Protocol protocol, const OwnedPacket& packet) {
  if (packet.binary) return engineio::Message::Binary(packet.data).frame(protocol);
  return websocket::Frame::Text(static_cast<char>(packet.type) + packet.data);
}

void CheckReencoding(Protocol protocol, const std::vector<OwnedPacket>& packets) {
  std::vector<websocket::SharedFrame> frames;
  for (const OwnedPacket& packet : packets) frames.push_back(FrameOf(protocol, packet));
  for (const bool base64 : {false, true}) {
    const engineio::Payload payload = engineio::EncodePayload(protocol, base64, frames);
    const Decoded again = Decode(protocol, payload.binary, payload.body);
    Require(again.result == PayloadResult::kComplete, "what we encode is well-formed");
    Require(again.packets == packets, "what we encode says what was decoded");
  }
}

/// The form that a JSONP client makes of a payload.
std::string FormOf(std::string_view payload) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string escaped;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    if (payload.substr(i, 2) == "\\n") escaped += '\\';
    if (payload[i] == '\n') {
      escaped += "\\n";
    } else {
      escaped += payload[i];
    }
  }
  std::string form = "d=";
  for (const char c : escaped) {
    form += '%';
    form += kHex[static_cast<unsigned char>(c) >> 4];
    form += kHex[c & 0xF];
  }
  return form;
}

void CheckJsonp(std::string_view payload) {
  // A backslash in front of a newline is, in the form, the same as in front of an n: so it is with every
  // client.
  if (payload.find("\\\n") == std::string_view::npos) {
    Require(engineio::UnwrapJsonp(FormOf(payload)) == payload, "a JSONP client's form is unwrapped");
  }
  if (!websocket::IsValidUtf8(payload)) return;
  constexpr std::string_view kBegin = "___eio[0](";
  constexpr std::string_view kEnd = ");";
  const std::string script = engineio::WrapJsonp("0", payload);
  Require(script.starts_with(kBegin) && script.ends_with(kEnd), "a JSONP response is one call");
  const std::string literal = script.substr(kBegin.size(), script.size() - kBegin.size() - kEnd.size());
  const auto string = nlohmann::json::parse(literal, nullptr, /*allow_exceptions=*/false);
  Require(string.is_string() && string.get_ref<const std::string&>() == payload,
          "a JSONP response is a call with the payload as a string");
  Require(literal.find("\u2028") == std::string::npos && literal.find("\u2029") == std::string::npos,
          "nothing in a script's string ends the line");
}

void CheckBody(Protocol protocol, bool binary, std::string_view body) {
  const Decoded decoded = Decode(protocol, binary, body);
  Require(decoded.result != PayloadResult::kStopped, "nothing stops unless told to");
  Require(decoded.packets.size() <= body.size(), "a packet takes a byte at least");
  for (const OwnedPacket& packet : decoded.packets) CheckPacket(packet);
  if (binary && protocol == Protocol::kV4) {
    Require(decoded.result == PayloadResult::kMalformed && decoded.packets.empty(),
            "version 4 knows no binary form");
  }
  if (decoded.packets.empty()) return;

  std::size_t visited = 0;
  const PayloadResult stopped =
      engineio::DecodePayload(protocol, binary, body, [&](const Packet&) { return ++visited == 0; });
  Require(stopped == PayloadResult::kStopped && visited == 1, "decoding stops when told to");
  CheckReencoding(protocol, decoded.packets);
}

}  // namespace

void CheckPayload(Protocol protocol, std::string_view input) {
  if (input.empty()) return;
  const std::string_view body = input.substr(1);
  switch (input.front()) {
    case 't':
      CheckBody(protocol, false, body);
      return CheckJsonp(body);
    case 'b':
      return CheckBody(protocol, true, body);
    case 'j':
      if (const auto payload = engineio::UnwrapJsonp(body)) CheckBody(protocol, false, *payload);
      return;
    default:
      return;
  }
}

}  // namespace parley::fuzz
