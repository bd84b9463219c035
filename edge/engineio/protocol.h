#pragma once

namespace parley::engineio {

/// The revision of the Engine.IO protocol, the client's `EIO` parameter.
enum class Protocol {
  kV3 = 3,  // socket.io-client 1 and 2; the client pings
  kV4 = 4,  // socket.io-client 3 and 4; the server pings
};

}  // namespace parley::engineio
