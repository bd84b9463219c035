#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "edge/engineio/message.h"
#include "edge/socketio/application.h"
#include "edge/socketio/packet.h"

namespace parley::socketio {

/// A packet without payload, or with a ready one.
engineio::Message EncodePacket(PacketType type, std::string_view name_space, std::string_view payload);

/// An event for the namespace "/". `id` asks for an answer. Throws as EncodeEvent does.
std::vector<engineio::Message> EncodeEventPacket(std::string_view name, const nlohmann::json& args,
                                                 std::optional<std::uint64_t> id);

/// The answer to an event of the namespace "/".
std::vector<engineio::Message> EncodeAckPacket(std::uint64_t id, const ArgumentList& args);

/// Makes a packet that was encoded for "/" one of `name_space`, and `offset`, if there is one, an event's
/// last argument: as a string, by which clients remember how far they have received.
std::vector<engineio::Message> AddressPacket(const std::vector<engineio::Message>& packet,
                                             std::string_view name_space,
                                             const std::optional<std::string>& offset);

/// The refusal of a namespace that doesn't exist.
engineio::Message EncodeInvalidNamespace(std::string_view name_space);

}  // namespace parley::socketio
