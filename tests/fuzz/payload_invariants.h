#pragma once

#include <string_view>

#include "edge/engineio/protocol.h"

namespace parley::fuzz {

/// Decodes a polling body, and insists on what must hold for each. `input` is a letter and the body: `t` is
/// text, `b` the binary form (application/octet-stream), `j` the form of a JSONP client.
void CheckPayload(engineio::Protocol protocol, std::string_view input);

}  // namespace parley::fuzz
