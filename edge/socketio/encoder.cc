#include "edge/socketio/encoder.h"

#include <stdexcept>
#include <string>

#include "edge/socketio/attachments.h"
#include "edge/socketio/encoded_event.h"
#include "edge/socketio/reserved_names.h"

namespace parley::socketio {
namespace {

using engineio::Message;
using nlohmann::json;

std::string Dump(const json& value) {
  // Text from elsewhere that isn't UTF-8 must cost a replacement character, not the process.
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// `[prefix,args…]`; `prefix` is JSON or empty.
std::string List(const std::string& prefix, const json& args) {
  std::string list = "[" + prefix;
  for (const json& arg : args) {
    if (list.size() > 1) list += ',';
    list += Dump(arg);
  }
  list += ']';
  return list;
}

std::vector<Message> EncodeList(PacketType type, PacketType binary_type, std::optional<std::uint64_t> id,
                                const std::string& prefix, const json& args) {
  if (!args.is_array())
    throw std::invalid_argument("the arguments of an event or an answer must be an array");
  const std::string digits = id.has_value() ? std::to_string(*id) : std::string();
  if (!HasBinary(args)) return {Message::Text(static_cast<char>(type) + digits + List(prefix, args))};
  json header = args;
  const std::vector<std::string> attachments = ExtractAttachments(header);
  std::vector<Message> messages;
  messages.reserve(attachments.size() + 1);
  messages.push_back(Message::Text(static_cast<char>(binary_type) + std::to_string(attachments.size()) + '-' +
                                   digits + List(prefix, header)));
  for (const std::string& attachment : attachments) messages.push_back(Message::Binary(attachment));
  return messages;
}

/// What stands between the type and the rest of a packet.
std::string Address(std::string_view name_space) {
  return name_space == "/" ? std::string() : std::string(name_space) + ',';
}

}  // namespace

Message EncodePacket(PacketType type, std::string_view name_space, std::string_view payload) {
  std::string packet(1, static_cast<char>(type));
  packet += Address(name_space);
  packet += payload;
  return Message::Text(packet);
}

std::vector<Message> AddressPacket(const std::vector<Message>& packet, std::string_view name_space,
                                   const std::optional<std::string>& offset) {
  if (name_space == "/" && !offset.has_value()) return packet;
  std::string_view header = packet.front().frame(engineio::Protocol::kV4)->payload();
  header.remove_prefix(1);  // Engine.IO's type
  const std::size_t type_end = packet.size() > 1 ? header.find('-') + 1 : 1;
  std::string text(header.substr(0, type_end));
  text += Address(name_space);
  text += header.substr(type_end);
  if (offset.has_value()) {
    text.pop_back();
    text += ",\"" + *offset + "\"]";
  }
  std::vector<Message> addressed = packet;
  addressed.front() = Message::Text(text);
  return addressed;
}

std::vector<Message> EncodeEventPacket(std::string_view name, const json& args,
                                       std::optional<std::uint64_t> id) {
  if (IsReservedName(name)) throw std::invalid_argument("reserved event name: " + std::string(name));
  return EncodeList(PacketType::kEvent, PacketType::kBinaryEvent, id, Dump(name), args);
}

std::vector<Message> EncodeAckPacket(std::uint64_t id, const ArgumentList& args) {
  if (const auto* text = std::get_if<JsonText>(&args)) {
    return {Message::Text(static_cast<char>(PacketType::kAck) + std::to_string(id) + text->text)};
  }
  return EncodeList(PacketType::kAck, PacketType::kBinaryAck, id, "", std::get<json>(args));
}

Message EncodeInvalidNamespace(std::string_view name_space) {
  std::string packet(1, static_cast<char>(PacketType::kConnectError));
  packet += name_space;
  packet += R"(,{"message":"Invalid namespace"})";
  return Message::Text(packet);
}

SharedEvent EncodeEventText(std::string_view name, std::string_view args) {
  if (IsReservedName(name)) throw std::invalid_argument("reserved event name: " + std::string(name));
  std::string packet;
  packet.reserve(name.size() + args.size() + 4);
  packet += static_cast<char>(PacketType::kEvent);
  packet.append("[\"").append(name).append("\"");
  args.remove_prefix(1);
  if (args != "]") packet += ',';
  packet += args;
  return std::make_shared<const EncodedEvent>(std::vector<Message>{Message::Text(packet)});
}

SharedEvent EncodeEvent(std::string_view name, const json& args) {
  return std::make_shared<const EncodedEvent>(EncodeEventPacket(name, args, std::nullopt));
}

}  // namespace parley::socketio
