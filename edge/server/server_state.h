#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "edge/server/connection_registry.h"
#include "edge/server/exchange.h"
#include "edge/server/http_server.h"
#include "edge/server/worker.h"

namespace parley::server {

/// What a server's listeners and connections share. They hold it, so that it outlives the server where they
/// do.
struct ServerState {
  WorkerPool& pool;
  const Limits limits;
  HttpHandler& handler;
  limits::Admission* const admission;
  const std::shared_ptr<ConnectionRegistry> registry;
  // No more than one response per connection from now on.
  std::atomic<bool> stopping = false;
  // Connections that are open only to be told that they are too many.
  std::atomic<std::size_t> turned_away = 0;
};

}  // namespace parley::server
