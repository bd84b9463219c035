#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "edge/engineio/message.h"
#include "edge/socketio/packet.h"

namespace parley::socketio {

/// A packet of the namespace "/" without payload or with a ready one.
engineio::Message EncodePacket(PacketType type, std::string_view payload);

/// An event for the namespace "/". `id` asks for an answer. Throws as EncodeEvent does.
std::vector<engineio::Message> EncodeEventPacket(std::string_view name, const nlohmann::json& args,
                                                 std::optional<std::uint64_t> id);

/// The answer to an event of the namespace "/". `args` is an array.
std::vector<engineio::Message> EncodeAckPacket(std::uint64_t id, const nlohmann::json& args);

/// The refusal of a namespace that doesn't exist.
engineio::Message EncodeInvalidNamespace(std::string_view name_space);

}  // namespace parley::socketio
