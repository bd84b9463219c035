#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace parley::socketio {

/// How far a client has received, as it stands at the end of each event's arguments and as the client shows
/// it when it comes back.
struct Offset {
  /// Of the last packet, 0 for none.
  std::uint64_t number = 0;
  /// Which socket object has counted; empty when there is nothing that it could have counted.
  std::string life;
  /// What another process needs to go on; empty when that is impossible.
  std::string bookmark;
};

/// "NUMBER.LIFE", or "NUMBER.LIFE.BOOKMARK". A client shows the last that it was told, be it by another
/// socket than the one that it wants back.
std::string ToText(const Offset& offset);

/// The offset in what a client sends along when it connects; number 0 when there is none, nullopt when it
/// makes no sense.
std::optional<Offset> FindOffset(const nlohmann::json& auth);

}  // namespace parley::socketio
