#pragma once

#include <cstddef>
#include <string>

#include "common/config/flags.h"
#include "common/config/process_config.h"
#include "common/grpc/grpc_threads.h"
#include "common/grpc/tls_config.h"
#include "common/storage/open_store.h"
#include "services/messaging/domain/send_history.h"

namespace parley::messaging {

/// What messaging-service can be told.
struct MessagingConfig {
  config::ProcessConfig process;
  storage::StoreConfig store;
  int port = 0;
  int metrics_port = 0;
  rpc::TlsConfig grpc_tls;
  unsigned grpc_threads = 0;
  /// HOST:PORT.
  std::string room_service_address;
  SendLimit send_limit;
  std::size_t max_room_history_bytes = 0;
  std::size_t max_history_bytes = 0;
};

/// Reads the flags that are parsed by now; what is wrong is added to `problems`.
MessagingConfig ReadMessagingConfig(config::Problems& problems);

}  // namespace parley::messaging
