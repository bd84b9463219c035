#pragma once

#include <grpc/grpc.h>
#include <grpc/support/time.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <functional>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"

namespace parley::edge {

/// One thing at a time that gRPC was asked to do.
class Operation {
 public:
  /// What gRPC is to be given with it when it is begun, and gives back when it is done.
  void* Tag();
  /// The operation with that tag, which is done.
  static Operation& Done(void* tag);

  /// It is done, or has failed: `ok` as gRPC's queue says it.
  virtual void OnDone(bool ok) = 0;

  /// Whether OnDone may also be called on the thread that has begun something; otherwise only on the loop's.
  virtual bool MayEndAnywhere() const { return false; }

 protected:
  ~Operation() = default;
};

/// A completion queue of gRPC's and the threads that wait for it. Members may be called from any thread.
///
/// gRPC would do the waiting by itself, and call back; but its threads have to be woken for whatever a worker
/// begins, if only to hear that it is done already. In an edge that passes on 500 messages a second that is a
/// fifth of all times that it wakes.
class CompletionLoop {
 public:
  /// 0: half a thread per core, but two at least.
  explicit CompletionLoop(unsigned threads);

  /// Waits for what has been begun. What was set by SetTimerIf has to be cancelled before.
  ~CompletionLoop();

  CompletionLoop(const CompletionLoop&) = delete;
  CompletionLoop& operator=(const CompletionLoop&) = delete;

  /// What is begun with it is told of on one of the threads.
  grpc::CompletionQueue* queue() { return &queue_; }

  /// Calls `begin`, which begins something. If that is done at once, which is what writing most often is,
  /// then it is told of here, and wakes nobody. So the caller must not hold a lock.
  template <typename Fn>
  void Begin(Fn&& begin) {
    grpc_completion_queue_thread_local_cache_init(queue_.cq());
    begin();
    void* tag = nullptr;
    int ok = 0;
    if (grpc_completion_queue_thread_local_cache_flush(queue_.cq(), &tag, &ok) != 0) Tell(tag, ok != 0);
  }

  /// Calls `condition`, and when that holds `fire` after `pause`, in place of what was to be called for
  /// `owner` before. On a thread of the loop only, and that thread is going to wait no longer than `pause`: a
  /// timer that is set again and again wakes nobody, or another of the threads at most.
  bool SetTimerIf(const void* owner, std::chrono::milliseconds pause, absl::FunctionRef<bool()> condition,
                  std::function<void()> fire);

  /// Nothing is called for `owner` any more when it returns. Not with a lock that this takes, nor from
  /// within.
  void CancelTimer(const void* owner);

 private:
  struct Timer {
    gpr_timespec when;
    std::function<void()> fire;
  };

  void Run();
  void Tell(void* tag, bool ok);
  /// Calls what is due. Returns when the next is.
  gpr_timespec FireTimers();

  absl::Mutex timers_mutex_;
  /// By their owners, which are few.
  std::map<const void*, Timer> timers_ ABSL_GUARDED_BY(timers_mutex_);
  grpc::CompletionQueue queue_;
  std::vector<std::thread> threads_;
};

}  // namespace parley::edge
