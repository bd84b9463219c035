#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "edge/server/worker.h"

namespace parley::edge {

/// Finds out whether the workers still run what is posted to them, the last part of every event's way. Any
/// thread.
class WorkerProbe {
 public:
  using Clock = std::chrono::steady_clock;

  /// A worker that leaves something undone for longer is stuck: nothing that it does takes that long.
  static constexpr Clock::duration kLongestSilence = std::chrono::seconds(5);

  /// `workers` must outlive the probe, and have stopped before it is destroyed.
  explicit WorkerProbe(server::WorkerPool& workers) : workers_(workers), asked_(workers.size()) {}

  /// Asks every worker for a sign of life that doesn't owe one already.
  void Ask(Clock::time_point now) {
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      Clock::rep none = kNothing;
      if (!asked_[i].compare_exchange_strong(none, now.time_since_epoch().count())) continue;
      boost::asio::post(workers_.at(i).executor(), [&asked = asked_[i]] { asked = kNothing; });
    }
  }

  /// Whether none owes a sign of life for too long.
  bool live(Clock::time_point now) const {
    for (const auto& asked : asked_) {
      const Clock::rep since = asked;
      if (since != kNothing && now.time_since_epoch().count() - since > kLongestSilence.count()) return false;
    }
    return true;
  }

 private:
  static constexpr Clock::rep kNothing = 0;

  server::WorkerPool& workers_;
  /// When each was asked for what it hasn't answered yet.
  std::vector<std::atomic<Clock::rep>> asked_;
};

}  // namespace parley::edge
