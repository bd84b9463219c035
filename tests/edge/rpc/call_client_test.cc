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

#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/grpc/channel.h"
#include "common/grpc/grpc_server.h"
#include "parley/room/v1/room_service.grpc.pb.h"

namespace parley::edge {
namespace {

namespace v1 = room::v1;

/// Far longer than anything takes, so that only a hang fails.
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kLong = kPatience;

struct RoomCalls {
  using Service = v1::RoomService;
  using Request = v1::MakeCallsRequest;
  using Response = v1::MakeCallsResponse;
  static void Open(Service::Stub& stub, grpc::ClientContext* context,
                   grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->MakeCalls(context, reactor);
  }
};

/// Takes calls, and answers them when it is told to.
class ScriptedCalls final : public v1::RoomService::Service {
 public:
  /// The requests of the next message, by the calls' numbers; nothing when none comes.
  std::map<std::string, std::uint64_t> NextMessage() {
    const absl::MutexLock lock(&mutex_);
    const auto there = [this] { return !messages_.empty(); };
    std::map<std::string, std::uint64_t> calls;
    if (!mutex_.AwaitWithTimeout(absl::Condition(&there), absl::FromChrono(kPatience))) return calls;
    for (const auto& call : messages_.front().calls()) calls[call.request()] = call.number();
    messages_.erase(messages_.begin());
    return calls;
  }

  std::size_t pending() {
    const absl::MutexLock lock(&mutex_);
    return messages_.size();
  }

  void Answer(std::uint64_t number, const std::string& response) {
    v1::MakeCallsResponse answers;
    auto& answer = *answers.add_answers();
    answer.set_number(number);
    answer.set_response(response);
    const absl::MutexLock lock(&mutex_);
    ASSERT_NE(stream_, nullptr);
    stream_->Write(answers);
  }

  /// Ends the stream that is open.
  void Break() {
    const absl::MutexLock lock(&mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }

 private:
  grpc::Status MakeCalls(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::MakeCallsResponse, v1::MakeCallsRequest>* stream) override {
    {
      const absl::MutexLock lock(&mutex_);
      stream_ = stream;
      context_ = context;
    }
    v1::MakeCallsRequest request;
    while (stream->Read(&request)) {
      const absl::MutexLock lock(&mutex_);
      messages_.push_back(request);
    }
    const absl::MutexLock lock(&mutex_);
    stream_ = nullptr;
    context_ = nullptr;
    return grpc::Status::OK;
  }

  absl::Mutex mutex_;
  std::vector<v1::MakeCallsRequest> messages_;
  grpc::ServerReaderWriter<v1::MakeCallsResponse, v1::MakeCallsRequest>* stream_ = nullptr;
  grpc::ServerContext* context_ = nullptr;
};

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
      client_ = std::make_unique<CallClient<RoomCalls>>("test", rpc::MakeChannel(address_), timers_, clock_);
    }
    return *client_;
  }

  /// Calls within the turn of the loop that runs, or will.
  void Call(const std::string& request, std::chrono::milliseconds timeout = kLong) {
    client().Call("Any", request, timeout, loop_.get_executor(),
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

TEST_F(CallClientTest, StopReturnsWhileCallsAreUnderWay) {
  Open();
  CallNow("unanswered");
  ASSERT_EQ(service_.NextMessage().size(), 1u);
  client().Stop();
  EXPECT_FALSE(results_.contains("unanswered"));
}

}  // namespace
}  // namespace parley::edge
