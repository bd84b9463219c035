// The messages of one connection. The input is the body of an Engine.IO 4 POST, such as `451-["e",{…}]`, 1e,
// `bAQID`; packets that are no messages are passed over.

#include <optional>
#include <string>
#include <vector>

#include "edge/engineio/payload.h"
#include "edge/socketio/decoder.h"
#include "edge/socketio/encoder.h"
#include "edge/socketio/reserved_names.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/json_depth.h"
#include "tests/fuzz/require.h"

namespace parley::fuzz {
namespace {

using nlohmann::json;
using socketio::Decoder;
using socketio::Defect;
using socketio::Packet;
using socketio::PacketType;

constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxAttachments = 10;

/// What must be so of a whole packet before anybody looks into it.
void CheckShape(const Packet& packet) {
  Require(packet.name_space.starts_with('/'), "a namespace begins with a slash");
  // The list itself isn't the client's doing.
  Require(DepthOf(packet.data) <= kMaxDepth + 1, "no argument is deeper than the limit");
  Require(packet.defect == Defect::kNone || packet.type == PacketType::kEvent ||
              packet.type == PacketType::kConnect,
          "only an event or CONNECT may have a defect");
  switch (packet.type) {
    case PacketType::kConnect:
      Require(packet.defect == Defect::kNone || packet.data.is_null(), "what has a defect isn't looked at");
      return Require(packet.data.is_null() || packet.data.is_object(), "CONNECT carries an object");
    case PacketType::kConnectError:
      return Require(packet.data.is_null() || packet.data.is_object() || packet.data.is_string(),
                     "CONNECT_ERROR carries an object or a text");
    case PacketType::kDisconnect:
      return Require(packet.data.is_null(), "DISCONNECT carries nothing");
    case PacketType::kAck:
      return Require(packet.data.is_null() || packet.data.is_array(), "an answer is an array");
    case PacketType::kEvent: {
      if (packet.data.is_null()) return;
      Require(packet.data.is_array() && !packet.data.empty(), "an event is an array with a name");
      const json& name = packet.data.front();
      Require(name.is_string() || name.is_number(), "a name is a string or a number");
      Require(!name.is_string() || !socketio::IsReservedName(name.get<std::string>()), "and not reserved");
      return Require(packet.defect == Defect::kNone || packet.data.size() == 1,
                     "of an event with a defect there is the name alone");
    }
    case PacketType::kBinaryEvent:
    case PacketType::kBinaryAck:
      return Require(false, "with its attachments in place, a packet is an ordinary one");
  }
}

struct Binaries {
  std::size_t count = 0;
  std::size_t bytes = 0;
};

void AddBinaries(const json& value, Binaries& binaries) {
  if (value.is_binary()) {
    ++binaries.count;
    binaries.bytes += value.get_binary().size();
  } else if (value.is_structured()) {
    for (const json& element : value) AddBinaries(element, binaries);
  }
}

/// What a decoder makes of messages that we have encoded.
Packet DecodeOwn(const std::vector<engineio::Message>& messages) {
  Decoder decoder(kMaxDepth);
  Packet packet;
  for (const engineio::Message& message : messages) {
    const websocket::SharedFrame& frame = message.frame(engineio::Protocol::kV4);
    // Text begins with Engine.IO's type digit.
    const Decoder::Result result = frame->binary() ? decoder.AddBinary(frame->payload(), packet)
                                                   : decoder.AddText(frame->payload().substr(1), packet);
    const bool last = &message == &messages.back();
    Require(result == (last ? Decoder::Result::kPacket : Decoder::Result::kIncomplete),
            "what we encode is a packet");
  }
  return packet;
}

/// An event or an answer as the server would send it, for the namespace "/".
std::vector<engineio::Message> Encode(const Packet& packet, const json& data) {
  if (packet.type == PacketType::kAck) return socketio::EncodeAckPacket(*packet.id, data);
  json args = data;
  args.erase(args.begin());
  return socketio::EncodeEventPacket(data.front().get_ref<const std::string&>(), args, packet.id);
}

/// Sends an event or an answer back, and insists that it still says the same.
void CheckReencoding(const Packet& packet) {
  if (packet.defect != Defect::kNone || !packet.data.is_array()) return;
  if (packet.type == PacketType::kAck && !packet.id.has_value()) return;
  const bool event = packet.type == PacketType::kEvent;
  json expected = packet.data;
  // A name that is a number becomes text when it is handed to the application.
  if (event && !expected.front().is_string()) expected.front() = expected.front().dump();
  const std::vector<engineio::Message> messages = Encode(packet, expected);
  for (const std::string_view name_space : {std::string_view("/"), std::string_view(packet.name_space)}) {
    const Packet again = DecodeOwn(socketio::AddressPacket(messages, name_space, std::nullopt));
    Require(again.type == packet.type && again.id == packet.id && again.name_space == name_space,
            "what we encode keeps its type, its id and the namespace it is for");
    Require(again.data == expected, "what we encode keeps its arguments");
  }
  if (!event) return;
  expected.push_back("12");
  Require(DecodeOwn(socketio::AddressPacket(messages, packet.name_space, "12")).data == expected,
          "an offset is an event's last argument");
}

/// Refuses the namespace of a CONNECT, and insists that the refusal says which.
void CheckRefusal(const Packet& packet) {
  if (packet.type != PacketType::kConnect) return;
  const Packet refusal = DecodeOwn({socketio::EncodeInvalidNamespace(packet.name_space)});
  Require(refusal.type == PacketType::kConnectError && refusal.name_space == packet.name_space &&
              refusal.data.is_object(),
          "a refusal says which namespace it is about");
}

class Connection {
 public:
  /// Returns whether the connection goes on.
  bool Add(const engineio::Packet& message) {
    Packet packet;
    Decoder::Result result;
    if (message.binary) {
      ++attachments_.count;
      attachments_.bytes += message.data.size();
      result = decoder_.AddBinary(message.data, packet);
    } else {
      Require(attachments_.count == 0 || awaiting_, "attachments belong to a packet");
      result = decoder_.AddText(message.data, packet);
      Require(!awaiting_ || result == Decoder::Result::kInvalid,
              "text while attachments are awaited is refused");
    }
    awaiting_ = result == Decoder::Result::kIncomplete;
    if (awaiting_) Require(attachments_.count < kMaxAttachments, "attachments are few");
    if (result != Decoder::Result::kPacket) return awaiting_;
    CheckShape(packet);
    Binaries placed;
    AddBinaries(packet.data, placed);
    Require(placed.count <= attachments_.count && placed.bytes <= attachments_.bytes,
            "nothing that a client sends is multiplied");
    attachments_ = {};
    CheckReencoding(packet);
    CheckRefusal(packet);
    return true;
  }

 private:
  Decoder decoder_{kMaxDepth};
  bool awaiting_ = false;
  Binaries attachments_;  // since the last whole packet
};

}  // namespace
}  // namespace parley::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using parley::engineio::Packet;
  parley::fuzz::Connection connection;
  parley::engineio::DecodePayload(
      parley::engineio::Protocol::kV4, false, parley::fuzz::AsText(data, size), [&](const Packet& packet) {
        const bool message = packet.type == parley::engineio::PacketType::kMessage;
        return !message || connection.Add(packet);
      });
  return 0;
}
