#include "edge/server/worker.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <future>

#include "common/log/log.h"

namespace parley::server {

WorkerPool::WorkerPool(std::size_t size) {
  if (size == 0) size = std::max(1u, std::thread::hardware_concurrency());
  workers_.reserve(size);
  for (std::size_t i = 0; i < size; ++i) workers_.push_back(std::make_unique<Worker>(i));
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Start() {
  running_ = true;
  for (const std::unique_ptr<Worker>& worker : workers_) {
    guards_.emplace_back(worker->executor());
    threads_.emplace_back([&worker = *worker] { Run(worker); });
  }
}

void WorkerPool::Stop() {
  if (threads_.empty()) return;
  running_ = false;
  guards_.clear();
  for (const std::unique_ptr<Worker>& worker : workers_) worker->context().stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::RunOn(Worker& worker, const std::function<void()>& fn) {
  if (!running_) {
    fn();
    return;
  }
  std::packaged_task<void()> task(fn);
  std::future<void> done = task.get_future();
  boost::asio::post(worker.executor(), [&task] { task(); });
  done.get();
}

void WorkerPool::Run(Worker& worker) {
  for (;;) {
    try {
      worker.context().run();
      return;
    } catch (const std::exception& e) {
      // One faulty handler must not take the other connections of this worker with it.
      log::Error("an exception reached a worker's loop", {{"worker", worker.index()}, {"error", e.what()}});
    }
  }
}

}  // namespace parley::server
