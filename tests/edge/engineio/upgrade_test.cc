#include <gtest/gtest.h>

#include <string>

#include "tests/edge/engineio/echo_server.h"
#include "tests/edge/engineio/loopback_websocket.h"

namespace parley::engineio {
namespace {

class UpgradeTest : public testing::TestWithParam<int> {
 protected:
  UpgradeTest() : polling_(server_.port(), Query("polling")) { polling_.Handshake(); }

  static std::string Query(const std::string& transport) {
    return "EIO=" + std::to_string(GetParam()) + "&transport=" + transport;
  }

  LoopbackWebSocket WebSocket() {
    return LoopbackWebSocket(server_.port(), "/socket.io/?" + Query("websocket") + "&sid=" + polling_.sid());
  }

  /// One packet as a polling body.
  static std::string Body(const std::string& packet) {
    return GetParam() == 3 ? std::to_string(packet.size()) + ":" + packet : packet;
  }

  EchoServer server_;
  PollingClient polling_;
};

INSTANTIATE_TEST_SUITE_P(Versions, UpgradeTest, testing::Values(3, 4));

TEST_P(UpgradeTest, SessionGoesOnOverTheWebSocket) {
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  websocket.Send("5");
  websocket.Send("4hello");
  EXPECT_EQ(websocket.Receive(), "4hello");
}

TEST_P(UpgradeTest, ParkedPollIsFreedByTheProbe) {
  LoopbackWebSocket websocket = WebSocket();
  polling_.BeginPoll();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  EXPECT_EQ(polling_.EndPoll().body(), Body("6"));
}

TEST_P(UpgradeTest, EveryLaterPollIsFreedToo) {
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(polling_.Poll().body(), Body("6"));
  websocket.Send("5");
  websocket.Send("4hello");
  EXPECT_EQ(websocket.Receive(), "4hello");
}

TEST_P(UpgradeTest, PollingWorksDuringTheProbe) {
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  EXPECT_EQ(polling_.Post(Body("4hello")).body(), "ok");
  EXPECT_EQ(polling_.Poll().body(), Body("4hello"));
}

TEST_P(UpgradeTest, WhatIsQueuedFollowsTheUpgrade) {
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  EXPECT_EQ(polling_.Post(Body("4many 20")).body(), "ok");
  websocket.Send("5");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(websocket.Receive(), "4" + std::to_string(i));
}

TEST_P(UpgradeTest, QueuedBinaryFollowsTheUpgradeAsAFrame) {
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  EXPECT_EQ(polling_.Post(GetParam() == 3 ? "6:b4AQI=" : "bAQI=").body(), "ok");
  websocket.Send("5");
  EXPECT_EQ(websocket.Receive(), GetParam() == 3 ? "[\x04\x01\x02]" : "[\x01\x02]");
}

TEST_P(UpgradeTest, PollsAreRefusedAfterwards) {
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  websocket.Send("5");
  websocket.Send("4hello");
  EXPECT_EQ(websocket.Receive(), "4hello");
  EXPECT_EQ(polling_.Poll().body(), R"({"code":3,"message":"Bad request"})");
  EXPECT_EQ(polling_.Post(Body("4hello")).body(), R"({"code":3,"message":"Bad request"})");
  websocket.Send("4alive");
  EXPECT_EQ(websocket.Receive(), "4alive");
}

TEST_P(UpgradeTest, PostThatIsCutOffAfterwardsDoesNoHarm) {
  server::LoopbackClient slow(server_.port());
  slow.Send("POST /socket.io/?" + Query("polling") + "&sid=" + polling_.sid() +
            " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n4hell\r\n");
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  websocket.Send("5");
  websocket.Send("4hello");
  EXPECT_EQ(websocket.Receive(), "4hello");
  slow.Send("xyz\r\n");
  EXPECT_EQ(slow.ReadResponse().result(), server::http::status::bad_request);
  websocket.Send("4alive");
  EXPECT_EQ(websocket.Receive(), "4alive");
}

TEST_P(UpgradeTest, WrongFirstPacketClosesTheWebSocketOnly) {
  for (const char* packet : {"4hello", "2", "2prob", "abc", ""}) {
    LoopbackWebSocket websocket = WebSocket();
    websocket.Send(packet);
    EXPECT_EQ(websocket.Receive(), "closed") << packet;
  }
  EXPECT_EQ(polling_.Post(Body("4hello")).body(), "ok");
  EXPECT_EQ(polling_.Poll().body(), Body("4hello"));
}

TEST_P(UpgradeTest, ProbeThatHangsUpLeavesThePollingSession) {
  {
    LoopbackWebSocket websocket = WebSocket();
    websocket.Send("2probe");
    EXPECT_EQ(websocket.Receive(), "3probe");
  }
  EXPECT_EQ(polling_.Post(Body("4hello")).body(), "ok");
  EXPECT_EQ(polling_.Poll().body(), Body("4hello"));
}

TEST_P(UpgradeTest, SecondWebSocketIsClosed) {
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  EXPECT_EQ(WebSocket().Receive(), "closed");
  websocket.Send("5");
  websocket.Send("4hello");
  EXPECT_EQ(websocket.Receive(), "4hello");
  EXPECT_EQ(WebSocket().Receive(), "closed");
  websocket.Send("4alive");
  EXPECT_EQ(websocket.Receive(), "4alive");
}

TEST_P(UpgradeTest, UpgradeThatIsNotCompletedClosesTheWebSocketOnly) {
  Options options;
  options.upgrade_timeout = std::chrono::milliseconds(1);
  EchoServer server(options);
  PollingClient polling(server.port(), Query("polling"));
  polling.Handshake();
  LoopbackWebSocket websocket(server.port(), "/socket.io/?" + Query("websocket") + "&sid=" + polling.sid());
  EXPECT_EQ(websocket.Receive(), "closed");
  EXPECT_EQ(polling.Post(Body("4hello")).body(), "ok");
  EXPECT_EQ(polling.Poll().body(), Body("4hello"));
}

TEST_P(UpgradeTest, EndOfTheSessionClosesTheProbe) {
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  EXPECT_EQ(polling_.Post(Body("1")).body(), "ok");
  EXPECT_EQ(websocket.Receive(), "closed");
  EXPECT_EQ(server_.log().Next(), "transport close");
}

TEST_P(UpgradeTest, ClosedSessionSaysSoOverTheUpgrade) {
  LoopbackWebSocket websocket = WebSocket();
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  EXPECT_EQ(polling_.Post(Body("4last words")).body(), "ok");
  EXPECT_EQ(polling_.Post(Body("4close")).body(), "ok");
  websocket.Send("5");
  EXPECT_EQ(websocket.Receive(), "4last words");
  EXPECT_EQ(websocket.Receive(), "closed");
}

}  // namespace
}  // namespace parley::engineio
