#include "edge/rpc/completion_loop.h"

#include <grpcpp/alarm.h>

#include <algorithm>

namespace parley::edge {
namespace {

/// Has the loop tell of an operation that was done elsewhere. Deletes itself.
class HandOver final : public Operation {
 public:
  HandOver(grpc::CompletionQueue* queue, Operation* operation, bool ok) : operation_(operation), ok_(ok) {
    alarm_.Set(queue, gpr_now(GPR_CLOCK_MONOTONIC), this);
  }

  void OnDone(bool) override {
    operation_->OnDone(ok_);
    delete this;
  }

 private:
  Operation* const operation_;
  const bool ok_;
  grpc::Alarm alarm_;
};

}  // namespace

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
  while (queue_.Next(&tag, &ok)) static_cast<Operation*>(tag)->OnDone(ok);
}

void CompletionLoop::Tell(void* tag, bool ok) {
  // As the queue does itself with what it gives out.
  if (!static_cast<grpc::internal::CompletionQueueTag*>(tag)->FinalizeResult(&tag, &ok)) return;
  auto* const operation = static_cast<Operation*>(tag);
  // gRPC may have done something else of the same connection meanwhile.
  if (operation->MayEndAnywhere()) {
    operation->OnDone(ok);
  } else {
    new HandOver(&queue_, operation, ok);
  }
}

}  // namespace parley::edge
