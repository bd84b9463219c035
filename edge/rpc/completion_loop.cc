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

void CompletionLoop::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) Operation::Done(tag).OnDone(ok);
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
