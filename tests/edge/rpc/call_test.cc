#include "edge/rpc/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock/clock.h"
#include "common/grpc/channel.h"
#include "common/grpc/grpc_server.h"
#include "tests/edge/rpc/scripted_calls.h"

namespace parley::edge {
namespace {

namespace v1 = room::v1;
using ::testing::Each;

/// Asks a service that answers with what it is asked.
class CallTest : public ::testing::Test {
 protected:
  CallTest() : timers_(clock_) {
    Serve("127.0.0.1:0");
    client_ = std::make_unique<CallClient<RoomCalls>>("test", rpc::MakeChannel(address_), completions_,
                                                      timers_, clock_);
    client_->Start();
  }
  ~CallTest() override { client_->Stop(); }

  void Serve(const std::string& address) {
    server_ = std::make_unique<rpc::GrpcServer>(address, std::vector<grpc::Service*>{&service_});
    address_ = "127.0.0.1:" + std::to_string(server_->port());
  }

  void Begin(const std::string& request_id) {
    v1::CreateRoomRequest request;
    request.set_request_id(request_id);
    result_.reset();
    // The bytes of one request are those of another with the same fields.
    boost::asio::co_spawn(loop_, Call<v1::CreateRoomRequest>(*client_, "CreateRoom", request, kPatience),
                          [this](std::exception_ptr error, absl::StatusOr<v1::CreateRoomRequest> result) {
                            EXPECT_EQ(error, nullptr);
                            result_ = std::move(result);
                          });
    loop_.restart();
    loop_.poll();
  }

  /// What the call that was begun comes to.
  absl::Status Await() {
    loop_.restart();
    loop_.run_for(2 * kPatience);
    if (!result_) return absl::DeadlineExceededError("nothing was told");
    return result_->status();
  }

  /// Every request that has come, of whatever message.
  std::vector<std::string> Requests() {
    std::vector<std::string> requests;
    while (service_.pending() > 0) {
      for (const auto& [request, number] : service_.NextMessage()) requests.push_back(request);
    }
    return requests;
  }

  const SystemClock clock_;
  TimerQueue timers_;
  ScriptedCalls service_;
  std::unique_ptr<rpc::GrpcServer> server_;
  std::string address_;
  boost::asio::io_context loop_;
  CompletionLoop completions_{1};
  std::unique_ptr<CallClient<RoomCalls>> client_;
  std::optional<absl::StatusOr<v1::CreateRoomRequest>> result_;
};

TEST_F(CallTest, WhoCallsWhileTheServiceIsAwayIsAnsweredOnceItIsThere) {
  service_.AnswerAll();
  Begin("before");
  ASSERT_EQ(Await(), absl::OkStatus());
  server_.reset();
  Begin("away");
  Serve(address_);
  EXPECT_EQ(Await(), absl::OkStatus());
  EXPECT_EQ(result_->value().request_id(), "away");
}

TEST_F(CallTest, TheSameRequestIsRepeatedWhileTheServiceIsUnavailable) {
  service_.RefuseFirst({MakeError(kServiceUnavailable), MakeError(kShuttingDown)});
  Begin("once");
  EXPECT_EQ(Await(), absl::OkStatus());
  const std::vector<std::string> requests = Requests();
  EXPECT_EQ(requests.size(), 3u);
  EXPECT_THAT(requests, Each(requests.front()));
}

TEST_F(CallTest, ThatNothingCanBeStoredIsToldAtOnce) {
  service_.RefuseFirst({MakeError(kStorageUnavailable)});
  Begin("full");
  EXPECT_TRUE(Is(Await(), kStorageUnavailable));
  EXPECT_EQ(Requests().size(), 1u);
}

TEST_F(CallTest, ARefusalKeepsItsReasonAndMetadata) {
  service_.RefuseFirst({MakeError(kRoomNotFound, "Gone", {{"since", "noon"}})});
  Begin("refused");
  const absl::Status status = Await();
  EXPECT_TRUE(Is(status, kRoomNotFound));
  EXPECT_EQ(status.message(), "Gone");
  EXPECT_EQ(MetadataOf(status).at("since"), "noon");
}

}  // namespace
}  // namespace parley::edge
