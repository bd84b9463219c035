#pragma once

#include <atomic>
#include <chrono>
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

  /// Likewise for one that speaks HTTP; `finish` closes it unless it has a request under way.
  std::shared_ptr<void> EnterHttp(const Worker& worker, std::function<void()> abort,
                                  std::function<void()> finish);

  /// Likewise for what only carries another connection's bytes, and isn't counted.
  std::shared_ptr<void> EnterTunnel(const Worker& worker, std::function<void()> abort);

  /// Counts a connection for as long as it speaks HTTP and lives, also between two workers. Any thread, as is
  /// the count's destruction.
  std::shared_ptr<void> CountHttp();

  /// Calls every `finish`, and waits until nobody speaks HTTP any more; returns how many still do at
  /// `deadline`. By the thread that starts and stops the pool. If that is not running, it waits for nobody.
  std::size_t FinishHttp(std::chrono::steady_clock::time_point deadline);

  /// Lets nobody in any more, aborts all connections and returns when no lease is left. Not on a worker's
  /// thread. If the pool is not running, it only lets nobody in.
  void Close();

  /// Connections whose leases live. Any thread.
  std::size_t size() const { return connections_; }

 private:
  struct Lease;
  /// What a connection can be asked to do.
  struct Member {
    std::function<void()> abort;
    std::function<void()> finish;  // nullptr: it doesn't speak HTTP.
  };
  using Members = std::list<Member>;

  static void CallAll(const Members& members, std::function<void()> Member::*function);
  /// Takes one from a count that Close or FinishHttp may wait for.
  void Decrement(std::atomic<std::size_t>& count);

  // Constant after construction.
  WorkerPool& pool_;

  // Each touched by its worker only.
  std::vector<Members> by_worker_;

  // Any thread.
  std::atomic<bool> closed_ = false;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::size_t> tunnels_ = 0;
  std::atomic<std::size_t> http_ = 0;
  std::mutex mutex_;
  std::condition_variable emptied_;
};

}  // namespace parley::server
