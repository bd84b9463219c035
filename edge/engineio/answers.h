#pragma once

#include <string>
#include <string_view>

#include "edge/server/http.h"

namespace parley::engineio {

/// The codes of Engine.IO's refusals.
enum class ErrorCode {
  kUnknownTransport = 0,
  kUnknownSid = 1,
  kBadHandshakeMethod = 2,
  kBadRequest = 3,
  kForbidden = 4,
  kUnsupportedProtocolVersion = 5,
};

/// Counts a refusal and makes the answer: 400, with code and message as JSON; 403 for kForbidden. An upgrade
/// request gets the message alone, and the connection is closed.
server::Response MakeError(ErrorCode code, bool upgrade);

/// 200, never stored by a cache.
server::Response MakeAnswer(std::string_view content_type, std::string body);

}  // namespace parley::engineio
