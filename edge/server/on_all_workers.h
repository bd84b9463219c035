#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "edge/server/worker.h"

namespace parley::server {

/// Calls `fn` on each worker of a running pool, after what had been posted there before, and `done` once, on
/// some worker, when all have returned. Any thread.
inline void OnAllWorkers(WorkerPool& workers, std::function<void(Worker&)> fn, std::function<void()> done) {
  struct Shared {
    std::atomic<std::size_t> remaining;
    std::function<void(Worker&)> fn;
    std::function<void()> done;
  };
  const auto shared = std::make_shared<Shared>(workers.size(), std::move(fn), std::move(done));
  for (std::size_t i = 0; i < workers.size(); ++i) {
    boost::asio::post(workers.at(i).executor(), [&worker = workers.at(i), shared] {
      shared->fn(worker);
      if (shared->remaining.fetch_sub(1) == 1) shared->done();
    });
  }
}

}  // namespace parley::server
