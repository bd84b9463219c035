#pragma once

#include <string_view>

namespace parley::socketio {

/// Names that mean something to the libraries on either side. An event may not have one, in either direction.
inline bool IsReservedName(std::string_view name) {
  return name == "connect" || name == "connect_error" || name == "disconnect" || name == "disconnecting" ||
         name == "newListener" || name == "removeListener";
}

}  // namespace parley::socketio
