#pragma once

#include <cstddef>

#include "common/config/flags.h"
#include "common/config/process_config.h"
#include "common/grpc/grpc_threads.h"
#include "common/grpc/tls_config.h"
#include "common/storage/open_store.h"

namespace parley::room {

/// What room-service can be told.
struct RoomConfig {
  config::ProcessConfig process;
  int port;
  int metrics_port;
  rpc::TlsConfig grpc_tls;
  unsigned grpc_threads = 0;
  storage::StoreConfig store;
  /// How long a new room waits for somebody to join.
  Duration join_timeout;
  /// How many participants one room takes; 0 is no limit.
  std::size_t max_participants;
  /// How long a participant whose connection broke is waited for.
  Duration reconnect_grace;
  /// How long an edge is taken for alive that isn't heard of.
  Duration edge_lease;
};

/// Reads the flags that are parsed by now; what is wrong is added to `problems`.
RoomConfig ReadRoomConfig(config::Problems& problems);

}  // namespace parley::room
