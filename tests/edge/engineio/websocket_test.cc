#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/edge/engineio/echo_server.h"
#include "tests/edge/engineio/loopback_websocket.h"

namespace parley::engineio {
namespace {

using namespace std::string_view_literals;

constexpr const char* kV4 = "/socket.io/?EIO=4&transport=websocket";
constexpr const char* kV3 = "/socket.io/?EIO=3&transport=websocket";

TEST(WebSocketTest, TextIsAMessageBehindItsDigit) {
  EchoServer server;
  for (const char* target : {kV3, kV4}) {
    LoopbackWebSocket client(server.port(), target);
    client.Receive();
    client.Send("4hello");
    EXPECT_EQ(client.Receive(), "4hello");
  }
}

TEST(WebSocketTest, BinaryIsAMessageByItself) {
  EchoServer server;
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  client.SendBinary("\x01\x02"sv);
  EXPECT_EQ(client.Receive(), "[\x01\x02]");
  client.Send("bAQI=");
  EXPECT_EQ(client.Receive(), "[\x01\x02]");
}

TEST(WebSocketTest, OlderBinaryHasATypeByteInFront) {
  EchoServer server;
  LoopbackWebSocket client(server.port(), kV3);
  client.Receive();
  client.SendBinary("\x04\x01\x02"sv);
  EXPECT_EQ(client.Receive(), "[\x04\x01\x02]");
}

TEST(WebSocketTest, ClientsThatTakeNoBinaryFramesGetBase64) {
  EchoServer server;
  LoopbackWebSocket client(server.port(), kV4 + std::string("&b64=1"));
  client.Receive();
  client.Send("bAQI=");
  EXPECT_EQ(client.Receive(), "bAQI=");
  LoopbackWebSocket older(server.port(), kV3 + std::string("&b64=1"));
  older.Receive();
  older.Send("b4AQI=");
  EXPECT_EQ(older.Receive(), "b4AQI=");
}

TEST(WebSocketTest, OlderClientsPingIsAnswered) {
  EchoServer server;
  LoopbackWebSocket client(server.port(), kV3);
  client.Receive();
  client.Send("2");
  EXPECT_EQ(client.Receive(), "3");
}

TEST(WebSocketTest, WhatIsNoPacketCloses) {
  EchoServer server;
  for (const char* text : {"abc", "", "7", "b*"}) {
    LoopbackWebSocket client(server.port(), kV4);
    client.Receive();
    client.Send(text);
    EXPECT_EQ(client.Receive(), "closed") << text;
    EXPECT_EQ(server.log().Next(), "parse error");
  }
}

TEST(WebSocketTest, HeartbeatInTheWrongDirectionCloses) {
  EchoServer server;
  const std::pair<const char*, const char*> cases[] = {{kV4, "2"}, {kV3, "3"}};
  for (const auto& [target, packet] : cases) {
    LoopbackWebSocket client(server.port(), target);
    client.Receive();
    client.Send(packet);
    EXPECT_EQ(client.Receive(), "closed");
    EXPECT_EQ(server.log().Next(), "transport error");
  }
}

TEST(WebSocketTest, ClientMayCloseByPacketFrameOrHangingUp) {
  EchoServer server;
  {
    LoopbackWebSocket client(server.port(), kV4);
    client.Receive();
    client.Send("1");
    EXPECT_EQ(client.Receive(), "closed");
    EXPECT_EQ(server.log().Next(), "transport close");
  }
  {
    LoopbackWebSocket client(server.port(), kV4);
    client.Receive();
    client.SendClose();
    EXPECT_EQ(client.Receive(), "closed");
    EXPECT_EQ(server.log().Next(), "transport close");
  }
  for (const bool reset : {false, true}) {
    LoopbackWebSocket client(server.port(), kV4);
    client.Receive();
    client.connection().Close(reset);
    EXPECT_EQ(server.log().Next(), "transport close");
  }
}

TEST(WebSocketTest, ServersCloseFollowsWhatIsQueued) {
  EchoServer server;
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  client.Send("4many 3");
  client.Send("4close");
  EXPECT_EQ(client.Receive(), "40");
  EXPECT_EQ(client.Receive(), "41");
  EXPECT_EQ(client.Receive(), "42");
  EXPECT_EQ(client.Receive(), "closed");
  EXPECT_EQ(server.log().Next(), "forced close");
}

TEST(WebSocketTest, TooLargeAMessageCloses) {
  Options options;
  options.max_http_buffer_size = 1000;
  EchoServer server(options);
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  client.Send("4" + std::string(999, 'x'));
  EXPECT_EQ(client.Receive().size(), 1000u);
  client.Send("4" + std::string(1000, 'x'));
  EXPECT_EQ(client.Receive(), "closed");
  EXPECT_EQ(server.log().Next(), "transport error");
}

TEST(WebSocketTest, ClientThatNeverReadsIsClosedAtTheCap) {
  EchoServer server;
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  // More than the kernel's buffers and the cap together.
  for (int i = 0; i < 40; ++i) client.Send("4fill 1000000");
  EXPECT_EQ(server.log().Next(), "slow consumer");
}

TEST(WebSocketTest, PollWithItsSidIsRefused) {
  EchoServer server;
  LoopbackWebSocket client(server.port(), kV4);
  const std::string sid = SidIn(client.Receive());
  PollingClient poller(server.port(), "EIO=4&transport=polling&sid=" + sid);
  EXPECT_EQ(poller.Poll().body(), R"({"code":3,"message":"Bad request"})");
  client.Send("4alive");
  EXPECT_EQ(client.Receive(), "4alive");
}

TEST(WebSocketTest, BadHandshakeLeavesNoSession) {
  EchoServer server;
  server::LoopbackClient client(server.port());
  client.Send(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
      "websocket\r\n"
      "Sec-WebSocket-Version: 99\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  client.ReadToEnd();
  EXPECT_EQ(server.engine().session_count(), 0u);
}

TEST(WebSocketTest, ShutdownCloses) {
  EchoServer server;
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  HandlerLog done;
  server.engine().Shutdown([&] { done.Add("done"); });
  EXPECT_EQ(done.Next(), "done");
  EXPECT_EQ(client.Receive(), "closed");
  EXPECT_EQ(server.log().Next(), "server shutting down");
}

TEST(WebSocketTest, ShutdownSaysGoingAway) {
  EchoServer server;
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  server.engine().Shutdown([] {});
  EXPECT_EQ(client.connection().Read(4), "\x88\x02\x03\xe9");
}

TEST(WebSocketTest, ShutdownOverATimeServesEachUntilItsTurn) {
  EchoServer server({}, 1);
  LoopbackWebSocket one(server.port(), kV4);
  LoopbackWebSocket other(server.port(), kV4);
  one.Receive();
  other.Receive();
  server.engine().Shutdown([] { ADD_FAILURE() << "somebody is still served"; }, std::chrono::hours(1));
  EXPECT_EQ(server.log().Next(), "server shutting down");
  EXPECT_EQ(server.engine().session_count(), 1u);
  one.Send("4hello");
  other.Send("4hello");
  const std::set<std::string> received = {one.Receive(), other.Receive()};
  EXPECT_EQ(received, (std::set<std::string>{"closed", "4hello"}));
  LoopbackWebSocket late(server.port(), kV4);
  EXPECT_EQ(late.status(), 503u);
}

TEST(WebSocketTest, ShutdownOverATimeIsDoneWhenAllAreClosed) {
  EchoServer server;
  std::vector<std::unique_ptr<LoopbackWebSocket>> clients;
  for (int i = 0; i < 7; ++i) {
    clients.push_back(std::make_unique<LoopbackWebSocket>(server.port(), kV4));
    clients.back()->Receive();
  }
  HandlerLog done;
  server.engine().Shutdown([&] { done.Add("done"); }, std::chrono::milliseconds(20));
  EXPECT_EQ(done.Next(), "done");
  EXPECT_EQ(server.engine().session_count(), 0u);
  for (const auto& client : clients) {
    EXPECT_EQ(client->Receive(), "closed");
    EXPECT_EQ(server.log().Next(), "server shutting down");
  }
}

}  // namespace
}  // namespace parley::engineio
