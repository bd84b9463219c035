#include "edge/rpc/completion_loop.h"

#include <grpcpp/alarm.h>

#include <algorithm>

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace parley::edge {
namespace {

/// Has the loop tell of an operation that was done elsewhere. Deletes itself.
class HandOver final : public Operation {
 public:
  HandOver(grpc::CompletionQueue* queue, Operation& operation, bool ok) : operation_(operation), ok_(ok) {
    alarm_.Set(queue, gpr_now(GPR_CLOCK_MONOTONIC), Tag());
  }

  void OnDone(bool) override {
    operation_.OnDone(ok_);
    delete this;
  }

 private:
  Operation& operation_;
  const bool ok_;
  grpc::Alarm alarm_;
};

}  // namespace

// ThreadSanitizer doesn't see how gRPC, which isn't compiled with it, leads an operation from one thread to
// another.

void* Operation::Tag() {
#ifdef __SANITIZE_THREAD__
  __tsan_release(this);
#endif
  return this;
}

Operation& Operation::Done(void* tag) {
#ifdef __SANITIZE_THREAD__
  __tsan_acquire(tag);
#endif
  return *static_cast<Operation*>(tag);
}

CompletionLoop::CompletionLoop(unsigned threads) {
  if (threads == 0) threads = std::max(2u, std::thread::hardware_concurrency() / 2);
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

CompletionLoop::~CompletionLoop() {
  queue_.Shutdown();
  for (std::thread& thread : threads_) thread.join();
}

bool CompletionLoop::SetTimerIf(const void* owner, std::chrono::milliseconds pause,
                                absl::FunctionRef<bool()> condition, std::function<void()> fire) {
  const absl::MutexLock lock(&timers_mutex_);
  if (!condition()) return false;
  const gpr_timespec when =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(pause.count(), GPR_TIMESPAN));
  timers_[owner] = {when, std::move(fire)};
  return true;
}

void CompletionLoop::CancelTimer(const void* owner) {
  const absl::MutexLock lock(&timers_mutex_);
  timers_.erase(owner);
}

gpr_timespec CompletionLoop::FireTimers() {
  gpr_timespec next = gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const absl::MutexLock lock(&timers_mutex_);
  if (timers_.empty()) return next;
  const gpr_timespec now = gpr_now(GPR_CLOCK_MONOTONIC);
  for (auto timer = timers_.begin(); timer != timers_.end();) {
    if (gpr_time_cmp(timer->second.when, now) <= 0) {
      timer->second.fire();
      timer = timers_.erase(timer);
    } else {
      next = gpr_time_min(next, timer->second.when);
      ++timer;
    }
  }
  return next;
}

void CompletionLoop::Run() {
  using enum grpc::CompletionQueue::NextStatus;
  void* tag = nullptr;
  bool ok = false;
  for (;;) {
    const auto status = queue_.AsyncNext(&tag, &ok, FireTimers());
    if (status == SHUTDOWN) return;
    if (status == GOT_EVENT) Operation::Done(tag).OnDone(ok);
  }
}

void CompletionLoop::Tell(void* tag, bool ok) {
  // As the queue does itself with what it gives out.
  if (!static_cast<grpc::internal::CompletionQueueTag*>(tag)->FinalizeResult(&tag, &ok)) return;
  Operation& operation = Operation::Done(tag);
  // gRPC may have done something else of the same connection meanwhile.
  if (operation.MayEndAnywhere()) {
    operation.OnDone(ok);
  } else {
    new HandOver(&queue_, operation, ok);
  }
}

}  // namespace parley::edge
