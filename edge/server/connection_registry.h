#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "edge/server/worker.h"

namespace parley::server {

/// The open connections of a server, so that it can close them and knows when they are gone.
class ConnectionRegistry : public std::enable_shared_from_this<ConnectionRegistry> {
 public:
  explicit ConnectionRegistry(WorkerPool& pool) : pool_(pool), by_worker_(pool.size()) {}

  /// Registers a connection of `worker` for as long as the returned lease lives; `abort` closes it, and is
  /// called on that worker. nullptr when the registry is closed. On the worker's thread only, as is the
  /// lease's destruction.
  std::shared_ptr<void> Enter(const Worker& worker, std::function<void()> abort);

  /// Likewise for what only carries another connection's bytes, and isn't counted.
  std::shared_ptr<void> EnterTunnel(const Worker& worker, std::function<void()> abort);

  /// Lets nobody in any more, aborts all connections and returns when no lease is left. Not on a worker's
  /// thread. If the pool is not running, it only lets nobody in.
  void Close();

  /// Connections whose leases live. Any thread.
  std::size_t size() const { return connections_; }

 private:
  struct Lease;
  using Aborts = std::list<std::function<void()>>;

  // Constant after construction.
  WorkerPool& pool_;

  // Each touched by its worker only.
  std::vector<Aborts> by_worker_;

  // Any thread.
  std::atomic<bool> closed_ = false;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::size_t> tunnels_ = 0;
  std::mutex mutex_;
  std::condition_variable emptied_;
};

}  // namespace parley::server
