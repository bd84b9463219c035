#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/config/process_config.h"
#include "common/grpc/grpc_threads.h"
#include "common/grpc/tls_config.h"
#include "edge/limit_config.h"
#include "edge/server/tls_context.h"

namespace parley::edge {

/// What the edge can be told; each flag is described in edge_config.cc.
struct EdgeConfig {
  config::ProcessConfig process;
  std::uint16_t port = 0;
  /// nullptr: the port speaks HTTP.
  std::shared_ptr<server::TlsContext> tls;
  std::size_t workers = 0;
  rpc::TlsConfig grpc_tls;
  unsigned grpc_threads = 0;
  std::string room_service_address;
  std::string messaging_service_address;
  std::chrono::milliseconds rpc_timeout{};
  std::size_t max_http_buffer_size = 0;
  std::size_t max_socket_queue_size = 0;
  std::size_t max_json_depth = 0;
  bool http_compression = true;
  bool per_message_deflate = false;
  std::string cookie;
  std::chrono::milliseconds header_timeout{};
  std::chrono::milliseconds body_timeout{};
  std::chrono::milliseconds ping_interval{};
  std::chrono::milliseconds ping_timeout{};
  std::chrono::milliseconds upgrade_timeout{};
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds reconnect_grace{};
  std::chrono::milliseconds drain_time{};
  std::vector<std::string> cors_origins;
  LimitConfig limits;
};

/// Reads the flags that are parsed by now; what is wrong is added to `problems`.
EdgeConfig ReadEdgeConfig(config::Problems& problems);

}  // namespace parley::edge
