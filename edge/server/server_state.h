#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "edge/server/connection_registry.h"
#include "edge/server/exchange.h"
#include "edge/server/http_server.h"
#include "edge/server/worker.h"

namespace parley::server {

/// How a server goes on with its connections after their next response.
enum class Phase {
  kServing,    // They are kept if the client wants that.
  kDraining,   // Only those are kept whose client can go nowhere else.
  kFinishing,  // None is kept, nor waits for another request.
};

/// What a server's listeners and connections share. They hold it, so that it outlives the server where they
/// do.
struct ServerState {
  WorkerPool& pool;
  const Limits limits;
  HttpHandler& handler;
  limits::Admission* const admission;
  const std::shared_ptr<ConnectionRegistry> registry;
  std::atomic<Phase> phase = Phase::kServing;
  // Connections that are open only to be told that they are too many.
  std::atomic<std::size_t> turned_away = 0;
};

}  // namespace parley::server
