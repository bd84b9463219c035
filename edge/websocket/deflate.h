#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::websocket {

/// How compressed bytes are wrapped.
enum class DeflateFormat {
  kMessage,  // not at all, and without the end of the last block: a message of permessage-deflate (RFC 7692)
  kZlib,     // what HTTP calls "deflate"
  kGzip,
};

/// `bytes` compressed, as fast as possible; nullopt when that makes them no shorter.
std::optional<std::string> Deflate(DeflateFormat format, std::string_view bytes);

}  // namespace parley::websocket
