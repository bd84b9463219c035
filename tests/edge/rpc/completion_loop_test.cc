#include "edge/rpc/completion_loop.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "common/grpc/grpc_lifetime.h"
#include "tests/edge/rpc/scripted_calls.h"

namespace parley::edge {
namespace {

/// A call on a channel that leads nowhere, which has failed as soon as it is begun.
class DoneAtOnce final : public Operation {
 public:
  DoneAtOnce(CompletionLoop& loop, bool may_end_anywhere) : may_end_anywhere_(may_end_anywhere) {
    call_ = stub_.PrepareUnaryCall(&context_, "/any", grpc::ByteBuffer(&slice_, 1), loop.queue());
  }

  void Begin() {
    call_->StartCall();
    call_->Finish(&response_, &status_, Tag());
  }

  void OnDone(bool ok) override {
    EXPECT_TRUE(ok);
    told_on_.set_value(std::this_thread::get_id());
  }
  bool MayEndAnywhere() const override { return may_end_anywhere_; }

  /// The thread that was told.
  std::thread::id Await() {
    std::future<std::thread::id> told = told_on_.get_future();
    if (told.wait_for(kPatience) != std::future_status::ready) {
      ADD_FAILURE() << "nobody was told";
      return {};
    }
    return told.get();
  }

 private:
  const bool may_end_anywhere_;
  std::promise<std::thread::id> told_on_;
  grpc::GenericStub stub_{grpc::CreateChannel("nowhere", nullptr)};
  grpc::ClientContext context_;
  const grpc::Slice slice_{"-"};
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> call_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
};

class CompletionLoopTest : public ::testing::Test {
 protected:
  CompletionLoopTest() { rpc::KeepGrpc(); }

  CompletionLoop loop_{1};
};

TEST_F(CompletionLoopTest, WhatIsDoneAtOnceAndMayEndAnywhereIsToldWhereItWasBegun) {
  DoneAtOnce operation(loop_, true);
  loop_.Begin([&] { operation.Begin(); });
  EXPECT_EQ(operation.Await(), std::this_thread::get_id());
}

TEST_F(CompletionLoopTest, WhatMayNotEndAnywhereIsToldOnTheLoopsThread) {
  DoneAtOnce operation(loop_, false);
  loop_.Begin([&] { operation.Begin(); });
  EXPECT_NE(operation.Await(), std::this_thread::get_id());
}

TEST_F(CompletionLoopTest, OfTwoThatAreDoneAtOnceBothAreTold) {
  DoneAtOnce first(loop_, true);
  DoneAtOnce second(loop_, true);
  loop_.Begin([&] {
    first.Begin();
    second.Begin();
  });
  first.Await();
  second.Await();
}

TEST_F(CompletionLoopTest, WhatIsBegunOutsideIsToldOnTheLoopsThread) {
  DoneAtOnce operation(loop_, true);
  operation.Begin();
  EXPECT_NE(operation.Await(), std::this_thread::get_id());
}

TEST_F(CompletionLoopTest, NothingBegunIsNothingTold) {
  bool called = false;
  loop_.Begin([&called] { called = true; });
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace parley::edge
