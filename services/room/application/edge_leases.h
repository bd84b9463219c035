#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/clock/timer_queue.h"
#include "common/storage/log_store.h"

namespace parley::room {

/// Which edges are alive. An edge holds a lease from the first time that it is heard of until it has not been
/// heard of for the lease's duration. Kept in memory only: a service that starts takes every edge that it
/// knows of for alive. All members may be called from any thread.
class EdgeLeases {
 public:
  /// `on_expired` is called once for each lease that runs out, on the thread of `timers`, which has to be
  /// stopped before this is destroyed. `store`: nobody is heard of while its disk hangs.
  EdgeLeases(const Clock& clock, TimerQueue& timers, const storage::LogStore& store, Duration duration,
             std::function<void(const std::string& edge_id)> on_expired);

  Duration duration() const { return duration_; }

  /// The edge was heard of. One without an id is none.
  void Renew(const std::string& edge_id);

  bool Holds(const std::string& edge_id) const;

 private:
  /// Has the lease checked when it may have run out, or earlier.
  void CheckBy(const std::string& edge_id, Time expiry);
  void Check(const std::string& edge_id, Time due);

  // Constant after construction.
  const Clock& clock_;
  TimerQueue& timers_;
  const storage::LogStore& store_;
  const Duration duration_;
  const Duration check_interval_;
  const std::function<void(const std::string& edge_id)> on_expired_;

  mutable absl::Mutex mutex_;
  std::unordered_map<std::string, Time> expiry_by_edge_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::room
