#pragma once

#include "common/grpc/watch_client.h"
#include "parley/messaging/v1/messaging_service.grpc.pb.h"
#include "parley/room/v1/room_service.grpc.pb.h"

namespace parley::edge {

struct RoomWatchTraits {
  using Service = room::v1::RoomService;
  using Request = room::v1::WatchRoomsRequest;
  using Response = room::v1::WatchRoomsResponse;
  using Snapshot = room::v1::RoomSnapshot;
  using Event = room::v1::RoomEvent;
  static void Open(Service::Stub& stub, grpc::ClientContext* context,
                   grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->WatchRooms(context, reactor);
  }
};

struct MessageWatchTraits {
  using Service = messaging::v1::MessagingService;
  using Request = messaging::v1::WatchMessagesRequest;
  using Response = messaging::v1::WatchMessagesResponse;
  using Snapshot = messaging::v1::MessageSnapshot;
  using Event = messaging::v1::MessageEvent;
  static void Open(Service::Stub& stub, grpc::ClientContext* context,
                   grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->WatchMessages(context, reactor);
  }
};

using RoomWatch = rpc::WatchClient<RoomWatchTraits>;
using MessageWatch = rpc::WatchClient<MessageWatchTraits>;

}  // namespace parley::edge
