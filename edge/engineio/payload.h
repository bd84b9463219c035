#pragma once

#include <absl/functional/function_ref.h>

#include <string>
#include <string_view>
#include <vector>

#include "edge/engineio/packet.h"
#include "edge/engineio/protocol.h"
#include "edge/websocket/frame.h"

namespace parley::engineio {

/// A polling body: several packets in one.
struct Payload {
  std::string body;
  bool binary = false;  // version 3's binary form, application/octet-stream
};

/// `frames` as a polling response for this protocol. `base64`: the client can't take binary responses
/// (version 3 only; version 4 has no other way).
Payload EncodePayload(Protocol protocol, bool base64, const std::vector<websocket::SharedFrame>& frames);

/// A binary frame as a packet of text: `b` and base64, `b4` and base64 in version 3.
std::string EncodeBase64(Protocol protocol, const websocket::Frame& frame);

/// What is wrong with a payload, if anything. Packets in front of the fault have been visited.
enum class PayloadResult { kComplete, kStopped, kMalformed };

/// Calls `visit` for each packet of a request body, until it returns false. `binary`: the body is
/// application/octet-stream, which only version 3 knows. A body that isn't binary must be valid UTF-8.
PayloadResult DecodePayload(Protocol protocol, bool binary, std::string_view body,
                            absl::FunctionRef<bool(const Packet&)> visit);

}  // namespace parley::engineio
