#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/edge/engineio/loopback_websocket.h"
#include "tests/edge/socketio/application_server.h"

namespace parley::socketio {
namespace {

using engineio::HandlerLog;
using engineio::LoopbackWebSocket;
using engineio::PollingClient;
using engineio::SidIn;
using testing::MatchesRegex;

constexpr const char* kV4 = "/socket.io/?EIO=4&transport=websocket";
constexpr const char* kV3 = "/socket.io/?EIO=3&transport=websocket";
constexpr const char* kConnected = R"(40."sid":"[A-Za-z0-9_-]{22}".)";

TEST(ConnectTest, ClientAsksAndIsToldItsId) {
  ApplicationServer server;
  LoopbackWebSocket client(server.port(), kV4);
  const std::string sid = SidIn(client.Receive());
  client.Send("40");
  const std::string connected = client.Receive();
  EXPECT_THAT(connected, MatchesRegex(kConnected));
  EXPECT_EQ(sid.find(SidIn(connected)), std::string::npos) << "the session's id is a secret";
  EXPECT_EQ(server.log().Next(), "connect {}");
}

TEST(ConnectTest, WhatItPresentsIsPassedOn) {
  ApplicationServer server;
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  client.Send(R"(40{"token":"123"})");
  EXPECT_THAT(client.Receive(), MatchesRegex(kConnected));
  EXPECT_EQ(server.log().Next(), R"(connect {"token":"123"})");
}

TEST(ConnectTest, OlderClientsAreConnectedUnasked) {
  ApplicationServer server;
  LoopbackWebSocket websocket(server.port(), kV3);
  websocket.Receive();
  EXPECT_EQ(websocket.Receive(), "40");
  PollingClient polling(server.port(), "EIO=3&transport=polling");
  polling.Handshake();
  EXPECT_EQ(polling.Poll().body(), "2:40");
}

TEST(ConnectTest, OtherNamespacesAreRefusedAndTheConnectionStays) {
  ApplicationServer server;
  for (const char* target : {kV3, kV4}) {
    const bool v3 = target == kV3;
    LoopbackWebSocket client(server.port(), target);
    client.Receive();
    if (v3) client.Receive();
    client.Send("40/ns,");
    EXPECT_EQ(client.Receive(), R"(44/ns,{"message":"Invalid namespace"})");
    client.Send(R"(40/none,{"a":1})");
    EXPECT_EQ(client.Receive(), R"(44/none,{"message":"Invalid namespace"})");
    client.Send("40/ns?token=abc,");
    EXPECT_EQ(client.Receive(), v3 ? R"(44/ns,{"message":"Invalid namespace"})"
                                   : R"(44/ns?token=abc,{"message":"Invalid namespace"})");
    if (!v3) {
      client.Send("40");
      EXPECT_THAT(client.Receive(), MatchesRegex(kConnected));
    }
    client.Send(R"(42["echo"])");
    EXPECT_EQ(client.Receive(), R"(42["echo"])");
  }
}

TEST(ConnectTest, WhatCannotBePassedOnIsRefusedAndTheConnectionStays) {
  ApplicationServer server;
  const std::string deep = R"({"a":)" + std::string(40, '[') + std::string(40, ']') + "}";
  constexpr const char* kDeep = R"({"message":"auth is nested too deep","data":{"code":"INVALID_REQUEST"}})";
  constexpr const char* kHalf =
      R"({"message":"auth holds half a surrogate pair","data":{"code":"INVALID_REQUEST"}})";
  for (const char* target : {kV3, kV4}) {
    const bool v3 = target == kV3;
    LoopbackWebSocket client(server.port(), target);
    client.Receive();
    if (v3) client.Receive();
    client.Send("40/other," + deep);
    EXPECT_EQ(client.Receive(), std::string("44/other,") + kDeep);
    client.Send(R"(40/other,{"name":"\ud83d"})");
    EXPECT_EQ(client.Receive(), std::string("44/other,") + kHalf);
    if (!v3) {
      client.Send("40" + deep);
      EXPECT_EQ(client.Receive(), std::string("44") + kDeep);
      client.Send(R"(40{"name":"x"})");
      EXPECT_THAT(client.Receive(), MatchesRegex(kConnected));
    }
    client.Send(R"(42["echo"])");
    EXPECT_EQ(client.Receive(), R"(42["echo"])");
  }
}

TEST(ConnectTest, WhatIsNoJsonCloses) {
  ApplicationServer server;
  for (const char* packet : {"40{", "40[1]", R"(40{"name":})"}) {
    LoopbackWebSocket client(server.port(), kV4);
    client.Receive();
    client.Send(packet);
    EXPECT_EQ(client.Receive(), "closed") << packet;
  }
}

TEST(ConnectTest, ClientThatDoesNotConnectIsClosed) {
  Options options;
  options.connect_timeout = std::chrono::milliseconds(1);
  ApplicationServer server(options);
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  EXPECT_EQ(client.Receive(), "closed");
}

TEST(ConnectTest, ConnectedClientOutlivesTheConnectTimeout) {
  Options options;
  options.connect_timeout = std::chrono::milliseconds(1'000);
  options.engine.ping_interval = 2 * options.connect_timeout;
  options.engine.ping_timeout = std::chrono::minutes(1);
  ApplicationServer server(options);
  LoopbackWebSocket client(server.port(), kV3);
  client.Receive();
  EXPECT_EQ(client.Receive(), "40");
  LoopbackWebSocket other(server.port(), kV4);
  other.Receive();
  other.Send("40");
  other.Receive();
  EXPECT_EQ(other.Receive(), "2");
  other.Send(R"(42["echo"])");
  EXPECT_EQ(other.Receive(), R"(42["echo"])");
}

TEST(ConnectTest, ApplicationMayDisconnectWhomItDoesNotWant) {
  ApplicationServer server;
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  client.Send(R"(40{"unwelcome":true})");
  EXPECT_THAT(client.Receive(), MatchesRegex(kConnected));
  EXPECT_EQ(client.Receive(), "41");
  EXPECT_EQ(client.Receive(), "closed");
  EXPECT_EQ(server.log().Next(), R"(connect {"unwelcome":true})");
  EXPECT_EQ(server.log().Next(), "disconnect server namespace disconnect");
}

TEST(ConnectTest, ShutdownDisconnectsInAWayThatBringsClientsBack) {
  ApplicationServer server;
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  client.Send("40");
  client.Receive();
  EXPECT_EQ(server.log().Next(), "connect {}");
  EXPECT_EQ(server.socketio().connection_count(), 1u);
  HandlerLog done;
  server.socketio().Shutdown([&] { done.Add("done"); });
  EXPECT_EQ(done.Next(), "done");
  EXPECT_EQ(server.log().Next(), "disconnect server shutting down");
  EXPECT_EQ(client.Receive(), "closed");
  EXPECT_EQ(server.socketio().connection_count(), 0u);
}

}  // namespace
}  // namespace parley::socketio
