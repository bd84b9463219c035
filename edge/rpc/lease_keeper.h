#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "edge/rpc/room_client.h"

namespace parley::edge {

/// Tells room-service again and again that this edge lives, for as long as the executor runs. `rooms`
/// outlives that.
boost::asio::awaitable<void> KeepLease(RoomClient& rooms, std::string edge_id);

}  // namespace parley::edge
