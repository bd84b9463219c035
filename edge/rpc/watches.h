#pragma once

#include "common/grpc/watch.h"
#include "parley/messaging/v1/messaging_service.grpc.pb.h"
#include "parley/room/v1/room_service.grpc.pb.h"

namespace parley::edge {

struct RoomWatchTraits {
  using Request = room::v1::WatchRoomsRequest;
  using Snapshot = room::v1::RoomSnapshot;
  using Event = room::v1::RoomEvent;
};

struct MessageWatchTraits {
  using Request = messaging::v1::WatchMessagesRequest;
  using Snapshot = messaging::v1::MessageSnapshot;
  using Event = messaging::v1::MessageEvent;
};

using RoomWatch = rpc::Watch<RoomWatchTraits>;
using MessageWatch = rpc::Watch<MessageWatchTraits>;

}  // namespace parley::edge
