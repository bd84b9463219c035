#pragma once

#include <cstdint>

#include "edge/engineio/close_reason.h"

namespace parley::engineio {

/// Counts the sessions that there are. Any thread.
void CountSessionBegun();
void CountSessionGone();

/// Counts a session that is over by why it is. Any thread.
void CountClosedSession(CloseReason reason);

/// Counts a WebSocket that was closed because its client broke the protocol. `code` is what it was told:
/// 1002, 1007 or 1009. Any thread.
void CountWebSocketViolation(std::uint16_t code);

}  // namespace parley::engineio
