#include "edge/limits/queue_budget.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/edge/engineio/echo_server.h"
#include "tests/edge/engineio/loopback_websocket.h"

namespace parley::engineio {
namespace {

constexpr const char* kPolling = "EIO=4&transport=polling";
constexpr const char* kWebSocket = "/socket.io/?EIO=4&transport=websocket";
constexpr std::size_t kBudget = 1'000'000;

class SessionBudgetTest : public testing::Test {
 protected:
  /// What the sessions hold.
  std::size_t held() const { return budget_.bytes() - others_.get(); }

  limits::QueueBudget budget_{kBudget};
  limits::QueuedBytes others_{&budget_};
  EchoServer server_{[this] {
    Options options;
    options.queue_budget = &budget_;
    return options;
  }()};
};

TEST_F(SessionBudgetTest, HoldsWhatWaitsForAPoll) {
  PollingClient client(server_.port(), kPolling);
  client.Handshake();
  client.Post("4fill 100000");
  EXPECT_GT(held(), 100'000u);
  client.Post("4fill 100000");
  EXPECT_GT(held(), 200'000u);
  EXPECT_GT(client.Poll().body().size(), 200'000u);
  EXPECT_EQ(held(), 0u);
  client.Post("4fill 100000");
  EXPECT_EQ(client.Post("1").body(), "ok");
  EXPECT_EQ(held(), 0u) << "the session is over";
}

TEST_F(SessionBudgetTest, HoldsNothingThatHasMovedToAWebSocket) {
  PollingClient polling(server_.port(), kPolling);
  polling.Handshake();
  polling.Post("4fill 100000");
  LoopbackWebSocket upgrade(server_.port(), kWebSocket + ("&sid=" + polling.sid()));
  upgrade.Send("2probe");
  EXPECT_EQ(upgrade.Receive(), "3probe");
  upgrade.Send("5");
  EXPECT_EQ(upgrade.Receive().size(), 100'001u);
  upgrade.Send("4hello");
  EXPECT_EQ(upgrade.Receive(), "4hello");
  EXPECT_EQ(held(), 0u);
}

TEST_F(SessionBudgetTest, WhenSpentClosesWhoLetsMuchWaitAndNobodyElse) {
  PollingClient slow(server_.port(), kPolling);
  slow.Handshake();
  slow.Post("4fill 100000");
  PollingClient quick(server_.port(), kPolling);
  quick.Handshake();
  quick.Post("4fill 50000");
  others_.Set(kBudget);
  slow.Post("4one more");
  EXPECT_EQ(server_.log().Next(), "slow consumer");
  EXPECT_EQ(slow.Poll().body(),
            "6\x1e"
            "1");
  quick.Post("4one more");
  EXPECT_EQ(quick.Poll().body().size(), 50'001 + std::string_view("\x1e"
                                                                  "4one more")
                                                     .size());
  EXPECT_EQ(held(), 0u);
}

TEST_F(SessionBudgetTest, WhenSpentTwiceLetsNoLargeMessageWait) {
  PollingClient client(server_.port(), kPolling);
  client.Handshake();
  others_.Set(2 * kBudget);
  client.Post("4fill 60000");
  EXPECT_EQ(client.Poll().body().size(), 60'001u);
  client.Post("4fill 100000");
  EXPECT_EQ(server_.log().Next(), "slow consumer");
  EXPECT_EQ(held(), 0u);
}

}  // namespace
}  // namespace parley::engineio
