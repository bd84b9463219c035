#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/edge/engineio/echo_server.h"
#include "tests/edge/engineio/loopback_websocket.h"

namespace parley::engineio {
namespace {

constexpr char kUnknownSession[] = R"({"code":1,"message":"Session ID unknown"})";

Options Quick() {
  Options options;
  options.ping_interval = std::chrono::milliseconds(30);
  options.ping_timeout = std::chrono::milliseconds(20);
  return options;
}

Options Patient() {
  Options options;
  options.ping_interval = std::chrono::milliseconds(30);
  options.ping_timeout = std::chrono::seconds(60);
  return options;
}

TEST(LivenessTest, ServerPingsNewerClients) {
  EchoServer server(Patient());
  PollingClient polling(server.port(), "EIO=4&transport=polling");
  polling.Handshake();
  LoopbackWebSocket websocket(server.port(), "/socket.io/?EIO=4&transport=websocket");
  websocket.Receive();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(polling.Poll().body(), "2");
    EXPECT_EQ(polling.Post("3").body(), "ok");
    EXPECT_EQ(websocket.Receive(), "2");
    websocket.Send("3");
  }
}

TEST(LivenessTest, SilentSessionsEnd) {
  for (const char* version : {"EIO=3", "EIO=4"}) {
    EchoServer server(Quick());
    PollingClient polling(server.port(), version + std::string("&transport=polling"));
    polling.Handshake();
    EXPECT_EQ(server.log().Next(), "ping timeout");
    EXPECT_EQ(polling.Poll().body(), kUnknownSession);
  }
}

TEST(LivenessTest, ParkedPollOfASilentClientIsToldTheEnd) {
  Options options = Quick();
  std::string told = kUnknownSession;
  // A busy machine may take longer to poll than it has time for.
  for (; told == kUnknownSession && options.ping_timeout < std::chrono::seconds(10);
       options.ping_timeout *= 2) {
    EchoServer server(options);
    PollingClient polling(server.port(), "EIO=3&transport=polling");
    polling.Handshake();
    told = polling.Poll().body();
    EXPECT_EQ(server.log().Next(), "ping timeout");
  }
  EXPECT_EQ(told, "1:1");
}

TEST(LivenessTest, WebSocketOfASilentClientIsClosed) {
  for (const char* version : {"EIO=3", "EIO=4"}) {
    EchoServer server(Quick());
    LoopbackWebSocket websocket(server.port(), "/socket.io/?transport=websocket&" + std::string(version));
    websocket.Receive();
    std::string last;
    while ((last = websocket.Receive()) == "2") continue;
    EXPECT_EQ(last, "closed");
    EXPECT_EQ(server.log().Next(), "ping timeout");
  }
}

TEST(LivenessTest, ClosedSessionDoesNotWaitForeverForAPoll) {
  Options options;
  options.close_timeout = std::chrono::milliseconds(1);
  EchoServer server(options);
  PollingClient polling(server.port(), "EIO=4&transport=polling");
  polling.Handshake();
  polling.Post("4close");
  EXPECT_EQ(server.log().Next(), "forced close");
  while (server.engine().session_count() > 0) std::this_thread::yield();
  EXPECT_EQ(polling.Poll().body(), kUnknownSession);
}

TEST(LivenessTest, HeartbeatSurvivesTheUpgrade) {
  EchoServer server(Patient());
  PollingClient polling(server.port(), "EIO=4&transport=polling");
  polling.Handshake();
  EXPECT_EQ(polling.Poll().body(), "2");
  LoopbackWebSocket websocket(server.port(), "/socket.io/?EIO=4&transport=websocket&sid=" + polling.sid());
  websocket.Send("2probe");
  EXPECT_EQ(websocket.Receive(), "3probe");
  websocket.Send("5");
  websocket.Send("3");
  EXPECT_EQ(websocket.Receive(), "2");
}

}  // namespace
}  // namespace parley::engineio
