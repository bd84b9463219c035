#include "edge/socketio/decoder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "edge/socketio/attachments.h"
#include "edge/socketio/json_scan.h"
#include "edge/socketio/reserved_names.h"

namespace parley::socketio {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxAttachments = 10;

/// Takes decimal digits off the front. False: there is none, or the number is beyond 64 bits.
bool TakeNumber(std::string_view& text, std::uint64_t& number) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::size_t digits = 0;
  number = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    const auto digit = static_cast<std::uint64_t>(text[digits] - '0');
    if (number > (kMax - digit) / 10) return false;
    number = number * 10 + digit;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

std::string TakeNamespace(std::string_view& text) {
  if (text.empty() || text.front() != '/') return "/";
  const std::size_t comma = text.find(',');
  std::string name_space(text.substr(0, comma));
  text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  return name_space;
}

/// What follows the space at the front, as JSON knows it.
std::string_view WithoutSpace(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

json ParseJson(std::string_view text) {
  // The parser would take a NUL for the end of the text, and whatever is behind it for nothing.
  if (text.find('\0') != std::string_view::npos) return json(json::value_t::discarded);
  constexpr bool kAllowExceptions = false;
  return json::parse(text.begin(), text.end(), nullptr, kAllowExceptions);
}

bool IsEventName(const json& name) {
  return name.is_number() || (name.is_string() && !IsReservedName(name.get_ref<const std::string&>()));
}

}  // namespace

Decoder::Result Decoder::AddText(std::string_view text, Packet& packet) {
  if (awaited_ > 0) return Result::kInvalid;
  pending_ = Packet();
  if (!Parse(text, pending_)) return Result::kInvalid;
  if (awaited_ > 0) return Result::kIncomplete;
  packet = std::move(pending_);
  return Result::kPacket;
}

Decoder::Result Decoder::AddBinary(std::string_view bytes, Packet& packet) {
  if (awaited_ == 0) return Result::kInvalid;
  attachments_.emplace_back(bytes);
  if (attachments_.size() < awaited_) return Result::kIncomplete;
  awaited_ = 0;
  packet = std::move(pending_);
  const std::vector<std::string> attachments = std::exchange(attachments_, {});
  if (packet.defect == Defect::kNone && !InsertAttachments(packet.data, attachments)) {
    return Result::kInvalid;
  }
  return Result::kPacket;
}

bool Decoder::Parse(std::string_view text, Packet& packet) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return false;
  packet.type = static_cast<PacketType>(text.front());
  text.remove_prefix(1);
  std::size_t attachments = 0;
  if (packet.type == PacketType::kBinaryEvent || packet.type == PacketType::kBinaryAck) {
    std::uint64_t count;
    if (!TakeNumber(text, count) || count < 1 || count > kMaxAttachments) return false;
    if (text.empty() || text.front() != '-') return false;
    text.remove_prefix(1);
    attachments = count;
    packet.type = packet.type == PacketType::kBinaryEvent ? PacketType::kEvent : PacketType::kAck;
  }
  packet.name_space = TakeNamespace(text);
  if (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    std::uint64_t id;
    if (!TakeNumber(text, id)) return false;
    packet.id = id;
  }
  if (!text.empty() && !ParsePayload(text, packet)) return false;
  awaited_ = attachments;
  return true;
}

bool Decoder::ParsePayload(std::string_view text, Packet& packet) const {
  switch (packet.type) {
    case PacketType::kEvent:
      return ParseList(text, packet) && IsEventName(packet.data.at(0));
    case PacketType::kAck:
      return ParseList(text, packet) && packet.defect == Defect::kNone;
    case PacketType::kConnect:
      return ParseAuth(text, packet);
    case PacketType::kConnectError:
      if (ScanJson(text, max_depth_).defect != Defect::kNone) return false;
      packet.data = ParseJson(text);
      return packet.data.is_object() || packet.data.is_string();
    default:
      return false;  // DISCONNECT has none
  }
}

bool Decoder::ParseAuth(std::string_view text, Packet& packet) const {
  text = WithoutSpace(text);
  if (!text.starts_with('{')) return false;
  packet.defect = ScanJson(text, max_depth_).defect;
  if (packet.defect != Defect::kNone) return true;
  packet.data = ParseJson(text);
  return packet.data.is_object();
}

bool Decoder::ParseList(std::string_view text, Packet& packet) const {
  text = WithoutSpace(text);
  if (!text.starts_with('[')) return false;
  // The list itself isn't the client's doing and doesn't count.
  const JsonScan scan = ScanJson(text, max_depth_ + 1);
  packet.defect = scan.defect;
  if (scan.defect != Defect::kNone) {
    packet.data = json::array({ParseJson(text.substr(1, scan.first_element_end - 1))});
    return true;
  }
  packet.data = ParseJson(text);
  if (!packet.data.is_array()) return false;
  return packet.type == PacketType::kAck || !packet.data.empty();
}

}  // namespace parley::socketio
