#pragma once

#include "edge/fanout/broadcast.h"
#include "parley/messaging/v1/messaging_service.pb.h"
#include "parley/room/v1/room_service.pb.h"

// Which events clients hear of what happens in a room: the table of contents of everything that is sent to
// them unasked.

namespace parley::edge {

/// Null for what clients aren't told.
SharedBroadcast EncodeBroadcast(const room::v1::RoomEvent& event);
SharedBroadcast EncodeBroadcast(const messaging::v1::MessageEvent& event);

/// What everyone in a room hears when it is gone without an event that said so.
SharedBroadcast MakeDestroyedBroadcast();

}  // namespace parley::edge
