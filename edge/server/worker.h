#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "edge/websocket/socket.h"

namespace parley::server {

using Executor = websocket::Executor;
using Socket = websocket::Socket;
using Timer = websocket::Timer;

/// One loop run by one thread. Sockets live and die on one worker, so that nothing they own needs a lock.
/// All members may be called on any thread.
class Worker {
 public:
  explicit Worker(std::size_t index) : index_(index) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// The position in its pool, from 0.
  std::size_t index() const { return index_; }
  boost::asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }

  /// Whether the caller runs on this worker's thread.
  bool IsCurrent() const { return context_.get_executor().running_in_this_thread(); }

 private:
  const std::size_t index_;
  // The hint of 1 tells Asio that one thread runs the loop, which saves it wake-ups.
  mutable boost::asio::io_context context_{1};
};

/// A fixed number of workers. What their loops hold is destroyed with the pool, so it must be the first thing
/// built and the last one destroyed among what uses it.
class WorkerPool {
 public:
  /// 0: one per core.
  explicit WorkerPool(std::size_t size);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  Worker& at(std::size_t index) { return *workers_.at(index); }
  std::size_t size() const { return workers_.size(); }

  /// Starts the threads. Once.
  void Start();

  /// Stops the loops where they are, and joins the threads. May be called more than once, not on a worker's
  /// thread.
  void Stop();

  /// Between Start and Stop: whether a posted function will run.
  bool running() const { return running_; }

  /// Runs `fn` on a worker's thread and returns when it is done; in place when the pool is not running. By
  /// the thread that starts and stops the pool.
  void RunOn(Worker& worker, const std::function<void()>& fn);

 private:
  static void Run(Worker& worker);

  // Constant after construction.
  std::vector<std::unique_ptr<Worker>> workers_;

  // Of the thread that starts and stops.
  std::vector<boost::asio::executor_work_guard<Executor>> guards_;
  std::vector<std::thread> threads_;
  std::atomic<bool> running_ = false;
};

}  // namespace parley::server
