#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/clock/timer_queue.h"
#include "common/grpc/grpc_server.h"
#include "edge/rpc/call_client.h"
#include "tests/edge/rpc/scripted_calls.h"
#include "tests/support/connected_channel.h"
#include "tests/support/manual_clock.h"

namespace parley::edge {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::SizeIs;

/// A day that no test's clock gets through.
constexpr milliseconds kLong{86'400'000};
/// Longer than the client waits before it opens a stream again, but not by much.
constexpr milliseconds kReopened{500};

/// A client whose clock is moved by hand, so that what waits for its time waits for the test. Its stream is
/// open, and it has nothing unanswered.
class HeldCallsTest : public ::testing::Test {
 protected:
  HeldCallsTest()
      : timers_(clock_),
        server_("127.0.0.1:0", {&service_}),
        client_("test", parley::testing::ConnectedChannel(server_.port()), completions_, timers_, clock_) {
    client_.Start();
    CallNow("opening");
    service_.Answer(service_.NextMessage().at("opening"), "");
    EXPECT_TRUE(Await("opening").ok());
  }

  ~HeldCallsTest() override { client_.Stop(); }

  void Call(const std::string& request, boost::asio::io_context& loop, milliseconds timeout = kLong) {
    client_.Call("Any", request, "", timeout, loop.get_executor(),
                 [this, request, &loop](absl::StatusOr<std::string> result) {
                   EXPECT_TRUE(loop.get_executor().running_in_this_thread());
                   EXPECT_TRUE(results_.emplace(request, std::move(result)).second) << "told twice";
                 });
  }

  /// Calls, and has the loop send that if it is to be sent at once.
  void CallNow(const std::string& request, milliseconds timeout = kLong) {
    Call(request, loop_, timeout);
    Poll(loop_);
  }

  static void Poll(boost::asio::io_context& loop) {
    loop.restart();
    loop.poll();
  }

  /// Runs a loop until the call has come to its end.
  absl::StatusOr<std::string> Await(const std::string& request, boost::asio::io_context& loop) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    const auto work = boost::asio::make_work_guard(loop);
    loop.restart();
    while (!results_.contains(request) && std::chrono::steady_clock::now() < deadline) {
      loop.run_one_for(milliseconds(100));
    }
    const auto found = results_.find(request);
    if (found == results_.end()) return absl::DeadlineExceededError("nothing was told");
    return found->second;
  }
  absl::StatusOr<std::string> Await(const std::string& request) { return Await(request, loop_); }

  /// Moves the clock, and returns when all that was due has been done.
  void Advance(milliseconds duration) {
    clock_.Advance(duration);
    testing::Settle(timers_, clock_);
  }

  /// Moves the clock on until a message has come.
  void AdvanceUntilMessage() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (service_.pending() == 0 && std::chrono::steady_clock::now() < deadline) {
      Advance(milliseconds(1));
      std::this_thread::yield();
    }
  }

  testing::ManualClock clock_;
  TimerQueue timers_;
  ScriptedCalls service_;
  rpc::GrpcServer server_;
  boost::asio::io_context loop_;
  CompletionLoop completions_{1};
  CallClient<RoomCalls> client_;
  std::map<std::string, absl::StatusOr<std::string>> results_;
};

TEST_F(HeldCallsTest, WhatIsHeldLeavesTogetherWithTheFirstAnswer) {
  CallNow("first");
  const auto first = service_.NextMessage();
  CallNow("second");
  CallNow("third");
  EXPECT_EQ(service_.pending(), 0u);
  service_.Answer(first.at("first"), "");
  EXPECT_THAT(service_.NextMessage(), ElementsAre(Key("second"), Key("third")));
}

TEST_F(HeldCallsTest, WhatIsHeldLeavesAfterAShortTimeAlthoughNothingIsAnswered) {
  CallNow("first");
  ASSERT_THAT(service_.NextMessage(), SizeIs(1));
  CallNow("second");
  CallNow("third");
  AdvanceUntilMessage();
  EXPECT_THAT(service_.NextMessage(), ElementsAre(Key("second"), Key("third")));
  EXPECT_FALSE(results_.contains("first"));
}

TEST_F(HeldCallsTest, ACallFailsWhenItsTimeIsUpAndNotBefore) {
  CallNow("short", milliseconds(1'000));
  ASSERT_THAT(service_.NextMessage(), SizeIs(1));
  CallNow("shorter", milliseconds(600));
  Advance(milliseconds(599));
  Poll(loop_);
  EXPECT_THAT(results_, ElementsAre(Key("opening")));
  Advance(milliseconds(1));
  Poll(loop_);
  EXPECT_THAT(results_, ElementsAre(Key("opening"), Key("shorter")));
  Advance(milliseconds(399));
  Poll(loop_);
  EXPECT_FALSE(results_.contains("short"));
  Advance(milliseconds(1));
  Poll(loop_);
  EXPECT_TRUE(Is(results_.at("short").status(), kServiceUnavailable));
}

TEST_F(HeldCallsTest, AStreamThatBreaksFailsWhatWasSentAndTheNextTakesWhatWasNot) {
  CallNow("sent");
  ASSERT_THAT(service_.NextMessage(), SizeIs(1));
  CallNow("held");
  service_.Break();
  EXPECT_TRUE(Is(Await("sent").status(), kServiceUnavailable));
  EXPECT_FALSE(results_.contains("held"));
  CallNow("after");
  Advance(kReopened);
  const auto calls = service_.NextMessage();
  ASSERT_THAT(calls, ElementsAre(Key("after"), Key("held")));
  service_.Answer(calls.at("held"), "fine");
  EXPECT_EQ(Await("held").value(), "fine");
}

TEST_F(HeldCallsTest, ACallWhoseTimeIsUpBeforeItCouldBeSentNeverIs) {
  CallNow("sent");
  ASSERT_THAT(service_.NextMessage(), SizeIs(1));
  service_.Break();
  EXPECT_TRUE(Is(Await("sent").status(), kServiceUnavailable));
  CallNow("brief", milliseconds(1));
  CallNow("patient");
  Advance(milliseconds(1));
  EXPECT_TRUE(Is(Await("brief").status(), kServiceUnavailable));
  Advance(kReopened);
  EXPECT_THAT(service_.NextMessage(), ElementsAre(Key("patient")));
}

TEST_F(HeldCallsTest, LoopsShareMessagesAndEachIsToldItsOwn) {
  boost::asio::io_context other;
  Call("here", loop_);
  Call("there", other);
  Poll(loop_);
  const auto calls = service_.NextMessage();
  ASSERT_THAT(calls, ElementsAre(Key("here"), Key("there")));
  service_.Answer(calls.at("there"), "2");
  EXPECT_EQ(Await("there", other).value(), "2");
  service_.Answer(calls.at("here"), "1");
  EXPECT_EQ(Await("here").value(), "1");
}

TEST_F(HeldCallsTest, ManyLargeCallsAreSpreadOverMessages) {
  constexpr std::size_t kCalls = 50;
  constexpr std::size_t kBytes = 100'000;
  for (std::size_t i = 0; i < kCalls; ++i) Call(std::to_string(i) + std::string(kBytes, 'x'), loop_);
  Poll(loop_);
  for (std::size_t came = 0; came < kCalls;) {
    AdvanceUntilMessage();
    const std::size_t calls = service_.NextMessage().size();
    ASSERT_GT(calls, 0u);
    // Far less than the 4 MB that gRPC takes.
    EXPECT_LE(calls * kBytes, 1'000'000u);
    came += calls;
  }
}

TEST_F(HeldCallsTest, StopReturnsWhateverIsUnderWay) {
  CallNow("sent");
  ASSERT_THAT(service_.NextMessage(), SizeIs(1));
  CallNow("held");
  client_.Stop();
  // What was set for later finds nobody.
  Advance(kReopened);
  Poll(loop_);
  EXPECT_THAT(results_, ElementsAre(Key("opening")));
}

TEST_F(HeldCallsTest, StopReturnsWhileThereIsNoStream) {
  CallNow("sent");
  ASSERT_THAT(service_.NextMessage(), SizeIs(1));
  service_.Break();
  EXPECT_FALSE(Await("sent").ok());
  CallNow("waiting");
  client_.Stop();
  Advance(kReopened);
  EXPECT_EQ(service_.pending(), 0u);
}

}  // namespace
}  // namespace parley::edge
