#pragma once

#include <string_view>

#include "edge/engineio/protocol.h"
#include "edge/websocket/frame.h"

namespace parley::engineio {

/// One Engine.IO message packet, encoded once for every transport and both protocol versions: as the
/// WebSocket frame that carries it, whose payload polling reuses. Immutable; a copy shares the bytes, on any
/// thread.
class Message {
 public:
  /// The type digit `4` and `text`, which must be valid UTF-8.
  static Message Text(std::string_view text);
  static Message Binary(std::string_view bytes);

  /// Text is the same in both versions; a binary frame begins with the type byte 04 in version 3 only.
  const websocket::SharedFrame& frame(Protocol protocol) const {
    return protocol == Protocol::kV3 ? v3_ : v4_;
  }

 private:
  Message(websocket::SharedFrame v3, websocket::SharedFrame v4);

  websocket::SharedFrame v3_;
  websocket::SharedFrame v4_;
};

}  // namespace parley::engineio
