#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace parley::socketio {

/// Whether there is a binary value anywhere in `data`.
bool HasBinary(const nlohmann::json& data);

/// Replaces each binary value in `data` by a placeholder, and returns them in the order of the placeholders'
/// numbers.
std::vector<std::string> ExtractAttachments(nlohmann::json& data);

/// Puts the attachments where their placeholders are, as binary values. False: a placeholder names none, or
/// one that another names too, which would let a client multiply what it sends. Attachments without a
/// placeholder are dropped.
bool InsertAttachments(nlohmann::json& data, const std::vector<std::string>& attachments);

}  // namespace parley::socketio
