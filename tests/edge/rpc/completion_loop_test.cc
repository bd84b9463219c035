#include "edge/rpc/completion_loop.h"

#include <gmock/gmock.h>
#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/grpc/grpc_lifetime.h"
#include "tests/edge/rpc/scripted_calls.h"

namespace parley::edge {
namespace {

using std::chrono::milliseconds;
using ::testing::UnorderedElementsAre;

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

/// Its timers are set on the loop's thread, as they have to be.
class CompletionLoopTimerTest : public CompletionLoopTest {
 protected:
  ~CompletionLoopTimerTest() override {
    loop_.CancelTimer(this);
    loop_.CancelTimer(&fired_);
  }

  /// Calls `fn` on the loop's thread.
  void OnLoop(std::function<void()> fn) {
    class Errand final : public Operation {
     public:
      explicit Errand(std::function<void()> fn) : fn_(std::move(fn)) {}
      void Begin(grpc::CompletionQueue* queue) { alarm_.Set(queue, gpr_now(GPR_CLOCK_MONOTONIC), Tag()); }
      void OnDone(bool) override {
        fn_();
        done_.set_value();
      }
      void Await() { ASSERT_EQ(done_.get_future().wait_for(kPatience), std::future_status::ready); }

     private:
      const std::function<void()> fn_;
      std::promise<void> done_;
      grpc::Alarm alarm_;
    };
    Errand errand(std::move(fn));
    errand.Begin(loop_.queue());
    errand.Await();
  }

  /// The name of the timer that fires next.
  std::string Fired() {
    const absl::MutexLock lock(&mutex_);
    const bool any =
        mutex_.AwaitWithTimeout(absl::Condition(
                                    +[](CompletionLoopTimerTest* self)
                                         ABSL_NO_THREAD_SAFETY_ANALYSIS { return !self->fired_.empty(); },
                                    this),
                                absl::FromChrono(kPatience));
    if (!any) return "none";
    std::string name = std::move(fired_.front());
    fired_.pop_front();
    return name;
  }

  std::function<void()> Fire(std::string name) {
    return [this, name = std::move(name)] {
      const absl::MutexLock lock(&mutex_);
      fired_.push_back(name);
    };
  }

  bool Set(std::string name) {
    return loop_.SetTimerIf(
        this, milliseconds(1), [] { return true; }, Fire(std::move(name)));
  }

  absl::Mutex mutex_;
  std::deque<std::string> fired_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(CompletionLoopTimerTest, ATimerFiresAndNotAgain) {
  OnLoop([this] { EXPECT_TRUE(Set("first")); });
  EXPECT_EQ(Fired(), "first");
  OnLoop([this] { EXPECT_TRUE(Set("second")); });
  EXPECT_EQ(Fired(), "second");
}

TEST_F(CompletionLoopTimerTest, EveryOwnersTimerFires) {
  OnLoop([this] {
    Set("one");
    loop_.SetTimerIf(
        &fired_, milliseconds(2), [] { return true; }, Fire("other"));
  });
  EXPECT_THAT((std::vector{Fired(), Fired()}), UnorderedElementsAre("one", "other"));
}

TEST_F(CompletionLoopTimerTest, AnOwnersTimerTakesThePlaceOfTheOneBefore) {
  OnLoop([this] {
    Set("first");
    Set("second");
  });
  EXPECT_EQ(Fired(), "second");
}

TEST_F(CompletionLoopTimerTest, WhatTheConditionForbidsIsNotSet) {
  OnLoop([this] {
    Set("first");
    EXPECT_FALSE(loop_.SetTimerIf(
        this, milliseconds(1), [] { return false; }, Fire("forbidden")));
  });
  EXPECT_EQ(Fired(), "first");
}

TEST_F(CompletionLoopTimerTest, ACancelledTimerDoesNotFire) {
  OnLoop([this] {
    Set("cancelled");
    loop_.CancelTimer(this);
    loop_.SetTimerIf(
        &fired_, milliseconds(1), [] { return true; }, Fire("other"));
  });
  EXPECT_EQ(Fired(), "other");
}

}  // namespace
}  // namespace parley::edge
