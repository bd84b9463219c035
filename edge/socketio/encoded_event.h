#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "edge/engineio/message.h"

namespace parley::socketio {

/// One event without acknowledgement, encoded once for every transport and protocol version. Immutable;
/// shared by sockets on any thread, so that a broadcast costs one encoding.
class EncodedEvent {
 public:
  explicit EncodedEvent(std::vector<engineio::Message> messages) : messages_(std::move(messages)) {}

  /// The packet, then its attachments.
  const std::vector<engineio::Message>& messages() const { return messages_; }

 private:
  std::vector<engineio::Message> messages_;
};

using SharedEvent = std::shared_ptr<const EncodedEvent>;

/// `args` is an array; binary values in it, at any depth, become attachments. Throws std::invalid_argument
/// for a reserved name (clients since 4.5 close the connection when they receive one) and for `args` that
/// isn't an array.
SharedEvent EncodeEvent(std::string_view name, const nlohmann::json& args);

/// The same of arguments that are text already, that of a JSON array. `name` is written as it is, so nothing
/// in it may need an escape.
SharedEvent EncodeEventText(std::string_view name, std::string_view args);

}  // namespace parley::socketio
