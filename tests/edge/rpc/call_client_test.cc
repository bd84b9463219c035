#include "edge/rpc/call_client.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/clock/clock.h"
#include "common/grpc/grpc_server.h"
#include "tests/edge/rpc/scripted_calls.h"
#include "tests/support/connected_channel.h"

namespace parley::edge {
namespace {

constexpr std::chrono::milliseconds kLong = kPatience;

class CallClientTest : public ::testing::Test {
 protected:
  CallClientTest() : timers_(clock_) { Serve("127.0.0.1:0"); }
  ~CallClientTest() override {
    if (client_) client_->Stop();
    server_.reset();
  }

  void Serve(const std::string& address) {
    server_ = std::make_unique<rpc::GrpcServer>(address, std::vector<grpc::Service*>{&service_});
    address_ = "127.0.0.1:" + std::to_string(server_->port());
  }

  CallClient<RoomCalls>& client() {
    if (!client_) {
      client_ = std::make_unique<CallClient<RoomCalls>>(
          "test", parley::testing::ConnectedChannel(server_->port()), completions_, timers_, clock_);
      client_->Start();
    }
    return *client_;
  }

  /// Calls within the turn of the loop that runs, or will.
  void Call(const std::string& request, std::chrono::milliseconds timeout = kLong) {
    client().Call("Any", request, "", timeout, loop_.get_executor(),
                  [this, request](absl::StatusOr<std::string> result) {
                    EXPECT_TRUE(loop_.get_executor().running_in_this_thread());
                    EXPECT_TRUE(results_.emplace(request, std::move(result)).second) << "told twice";
                  });
  }

  /// Calls, and has the loop send that.
  void CallNow(const std::string& request, std::chrono::milliseconds timeout = kLong) {
    boost::asio::post(loop_, [this, request, timeout] { Call(request, timeout); });
    loop_.restart();
    loop_.poll();
  }

  /// Runs the loop until the call has come to its end.
  absl::StatusOr<std::string> Await(const std::string& request) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    const auto work = boost::asio::make_work_guard(loop_);
    loop_.restart();
    while (!results_.contains(request) && std::chrono::steady_clock::now() < deadline) {
      loop_.run_one_for(std::chrono::milliseconds(100));
    }
    const auto found = results_.find(request);
    if (found == results_.end()) return absl::DeadlineExceededError("nothing was told");
    return found->second;
  }

  /// A client whose stream is open, and that has nothing unanswered.
  void Open() {
    CallNow("opening");
    service_.Answer(service_.NextMessage().at("opening"), "");
    ASSERT_TRUE(Await("opening").ok());
  }

  const SystemClock clock_;
  TimerQueue timers_;
  ScriptedCalls service_;
  std::unique_ptr<rpc::GrpcServer> server_;
  std::string address_;
  boost::asio::io_context loop_;
  CompletionLoop completions_{1};
  std::unique_ptr<CallClient<RoomCalls>> client_;
  std::map<std::string, absl::StatusOr<std::string>> results_;
};

TEST_F(CallClientTest, CallsOfOneTurnOfTheLoopLeaveInOneMessage) {
  Open();
  for (const char* request : {"a", "b", "c"}) boost::asio::post(loop_, [this, request] { Call(request); });
  loop_.restart();
  loop_.poll();
  const auto calls = service_.NextMessage();
  ASSERT_EQ(calls.size(), 3u);
  service_.Answer(calls.at("b"), "B");
  EXPECT_EQ(Await("b").value(), "B");
  service_.Answer(calls.at("a"), "A");
  EXPECT_EQ(Await("a").value(), "A");
}

TEST_F(CallClientTest, WhatIsHeldWhileAMessageIsUnansweredLeavesAllTheSame) {
  Open();
  CallNow("first");
  ASSERT_EQ(service_.NextMessage().size(), 1u);
  CallNow("second");
  CallNow("third");
  // Nothing is answered: they don't wait for that for long, and what has come together leaves together.
  std::map<std::string, std::uint64_t> calls = service_.NextMessage();
  while (calls.size() < 2) {
    const auto more = service_.NextMessage();
    ASSERT_FALSE(more.empty());
    calls.insert(more.begin(), more.end());
  }
  service_.Answer(calls.at("third"), "3");
  EXPECT_EQ(Await("third").value(), "3");
}

TEST_F(CallClientTest, ACallWithoutAnAnswerFailsWhenItsTimeIsUp) {
  Open();
  CallNow("late", std::chrono::milliseconds(20));
  const std::uint64_t number = service_.NextMessage().at("late");
  EXPECT_TRUE(Is(Await("late").status(), kServiceUnavailable));
  // Its answer is nobody's.
  service_.Answer(number, "late");
  CallNow("next");
  service_.Answer(service_.NextMessage().at("next"), "fine");
  EXPECT_EQ(Await("next").value(), "fine");
}

TEST_F(CallClientTest, AStreamThatBreaksFailsWhatWasSent) {
  Open();
  CallNow("lost");
  ASSERT_EQ(service_.NextMessage().size(), 1u);
  service_.Break();
  EXPECT_TRUE(Is(Await("lost").status(), kServiceUnavailable));
  CallNow("after");
  service_.Answer(service_.NextMessage().at("after"), "fine");
  EXPECT_EQ(Await("after").value(), "fine");
}

TEST_F(CallClientTest, WhoCallsWhileTheServiceIsAwayIsNotLeftWaitingForever) {
  Open();
  server_.reset();
  CallNow("away", std::chrono::milliseconds(50));
  EXPECT_TRUE(Is(Await("away").status(), kServiceUnavailable));
  Serve(address_);
  // What was given up is not sent any more.
  for (int attempt = 0;; ++attempt) {
    const std::string request = "attempt " + std::to_string(attempt);
    CallNow(request, std::chrono::milliseconds(500));
    boost::asio::post(loop_, [] {});
    if (service_.pending() > 0) {
      const auto calls = service_.NextMessage();
      EXPECT_FALSE(calls.contains("away"));
      break;
    }
    EXPECT_TRUE(Is(Await(request).status(), kServiceUnavailable));
    ASSERT_LT(attempt, 60);
  }
}

TEST_F(CallClientTest, WhatIsGivenUpWhileTheServiceIsAwayIsNotKept) {
  Open();
  server_.reset();
  std::string patient;
  for (int i = 0; patient.empty(); ++i) {
    const std::string attempt = "attempt " + std::to_string(i);
    CallNow(attempt);
    if (client().waiting() > 0) {
      patient = attempt;
    } else {
      // The client didn't know yet.
      EXPECT_TRUE(Is(Await(attempt).status(), kServiceUnavailable));
    }
  }
  std::vector<std::string> hasty;
  for (int i = 0; i < 100; ++i) hasty.push_back("hasty " + std::to_string(i));
  for (const std::string& request : hasty) CallNow(request, std::chrono::milliseconds(10));
  for (const std::string& request : hasty) EXPECT_TRUE(Is(Await(request).status(), kServiceUnavailable));
  EXPECT_LE(client().waiting(), 2u);
  EXPECT_FALSE(results_.contains(patient));
  Serve(address_);
  const auto calls = service_.NextMessage();
  ASSERT_EQ(calls.size(), 1u);
  service_.Answer(calls.at(patient), "fine");
  EXPECT_EQ(Await(patient).value(), "fine");
}

TEST_F(CallClientTest, OneTimerIsArmedHoweverManyDeadlinesThereAre) {
  Open();
  const std::size_t before = timers_.size();
  for (int i = 0; i < 100; ++i) CallNow("patient " + std::to_string(i), kLong + std::chrono::milliseconds(i));
  for (int round = 0; round < 10; ++round) {
    const std::string hasty = "hasty " + std::to_string(round);
    CallNow(hasty, std::chrono::milliseconds(1));
    EXPECT_TRUE(Is(Await(hasty).status(), kServiceUnavailable));
  }
  EXPECT_LE(timers_.size(), before + 1);
}

TEST_F(CallClientTest, ARequestThatNoServiceWouldTakeIsRefusedAndBreaksNothing) {
  Open();
  CallNow("small");
  const std::string large(5 << 20, 'x');
  CallNow(large);
  EXPECT_TRUE(Is(Await(large).status(), kInvalidRequest));
  service_.Answer(service_.NextMessage().at("small"), "fine");
  EXPECT_EQ(Await("small").value(), "fine");
  const std::string nearly(900'000, 'x');
  for (int i = 0; i < 6; ++i) CallNow(nearly + std::to_string(i));
  for (int taken = 0; taken < 6;) {
    const auto calls = service_.NextMessage();
    ASSERT_FALSE(calls.empty());
    for (const auto& [request, number] : calls) {
      service_.Answer(number, "fine");
      EXPECT_EQ(Await(request).value(), "fine");
      ++taken;
    }
  }
}

TEST_F(CallClientTest, StopReturnsWhileCallsAreUnderWay) {
  Open();
  CallNow("unanswered");
  ASSERT_EQ(service_.NextMessage().size(), 1u);
  client().Stop();
  EXPECT_FALSE(results_.contains("unanswered"));
}

}  // namespace
}  // namespace parley::edge
