#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "edge/socketio/application.h"

namespace parley::socketio {

/// The digit a packet begins with.
enum class PacketType : char {
  kConnect = '0',
  kDisconnect = '1',
  kEvent = '2',
  kAck = '3',
  kConnectError = '4',
  kBinaryEvent = '5',
  kBinaryAck = '6',
};

/// A complete packet from a client.
struct Packet {
  /// Never one of the binary types: with its attachments in place, a packet is an ordinary one.
  PacketType type = PacketType::kEvent;
  std::string name_space = "/";
  /// Of an event: that of the answer wanted. Of an ack: that of the event answered.
  std::optional<std::uint64_t> id;
  /// Null when the packet has no payload. Otherwise of the shape its type demands: an event is an array whose
  /// first element is a string or a number; an ack is an array; the payload of CONNECT is an object.
  nlohmann::json data;
  /// Of an event or a CONNECT. When there is one, an event's data is its name alone, and CONNECT's is null.
  Defect defect = Defect::kNone;
};

}  // namespace parley::socketio
