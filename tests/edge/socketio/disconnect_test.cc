#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/edge/engineio/loopback_websocket.h"
#include "tests/edge/socketio/application_server.h"

namespace parley::socketio {
namespace {

using engineio::LoopbackWebSocket;
using engineio::PollingClient;

class DisconnectTest : public testing::Test {
 protected:
  LoopbackWebSocket Open() { return Opened("/socket.io/?EIO=4&transport=websocket"); }

  /// Connected to the namespace.
  LoopbackWebSocket Connect() {
    LoopbackWebSocket client = Open();
    client.Send("40");
    client.Receive();
    EXPECT_EQ(server_.log().Next(), "connect {}");
    return client;
  }

  LoopbackWebSocket Opened(std::string_view target) {
    LoopbackWebSocket client(server_.port(), target);
    client.Receive();
    return client;
  }

  ApplicationServer server_;
};

TEST_F(DisconnectTest, ClientsGoodbyeLeavesTheConnectionForAnotherConnect) {
  LoopbackWebSocket client = Connect();
  client.Send("41");
  EXPECT_EQ(server_.log().Next(), "disconnect client namespace disconnect");
  client.Send("40");
  EXPECT_EQ(client.Receive().substr(0, 2), "40");
  EXPECT_EQ(server_.log().Next(), "connect {}");
}

TEST_F(DisconnectTest, ServersGoodbyeIsAPacket) {
  LoopbackWebSocket client = Connect();
  client.Send(R"(421["answer-later"])");
  client.Send(R"(42["bye",false])");
  EXPECT_EQ(client.Receive(), "41");
  EXPECT_EQ(server_.log().Next(), "disconnect server namespace disconnect");
  client.Send("40");
  EXPECT_EQ(client.Receive().substr(0, 2), "40") << "nothing came after the goodbye";
}

TEST_F(DisconnectTest, ServersGoodbyeMayCloseTheConnection) {
  LoopbackWebSocket client = Connect();
  client.Send(R"(42["bye",true])");
  EXPECT_EQ(client.Receive(), "41");
  EXPECT_EQ(client.Receive(), "closed");
  EXPECT_EQ(server_.log().Next(), "disconnect server namespace disconnect");
}

TEST_F(DisconnectTest, ServersGoodbyeReachesPollingClients) {
  PollingClient client(server_.port(), "EIO=4&transport=polling");
  client.Handshake();
  client.Post("40");
  client.Poll();
  EXPECT_EQ(client.Post(R"(42["bye",true])").body(), "ok");
  EXPECT_EQ(client.Poll().body(), "41");
  EXPECT_EQ(client.Poll().body(),
            "6\x1e"
            "1");
  EXPECT_EQ(client.Poll().body(), R"({"code":1,"message":"Session ID unknown"})");
}

TEST_F(DisconnectTest, EndOfTheConnectionIsNamed) {
  LoopbackWebSocket client = Connect();
  client.SendClose();
  EXPECT_EQ(server_.log().Next(), "disconnect transport close");
}

TEST_F(DisconnectTest, WhatMayNotComeBeforeConnectCloses) {
  for (const char* packet : {R"(42["echo"])", "41", "430[]", "44", R"(44{"message":"no"})", "4abc", "47",
                             R"(40"x")", R"(42/ns,["echo"])", "41/ns"}) {
    LoopbackWebSocket client = Open();
    client.Send(packet);
    EXPECT_EQ(client.Receive(), "closed") << packet;
  }
}

TEST_F(DisconnectTest, WhatMayNotComeFromAConnectedClientCloses) {
  const std::vector<std::vector<std::string>> cases = {
      {"40"},
      {"40{}"},
      {"44{}"},
      {"42[]"},
      {"42{}"},
      {R"(42[{"toString":"x"}])"},
      {R"(42abc["echo"])"},
      {"430{}"},
      {"47"},
      {"49"},
      {"4"},
      {"41{}"},
      {R"(42["connect"])"},
      {R"(42["connect_error"])"},
      {R"(42["disconnect"])"},
      {R"(42["disconnecting"])"},
      {R"(42["newListener"])"},
      {R"(42["removeListener"])"},
      {R"(450-["echo"])"},
      {R"(4511-["echo"])"},
      {R"(459999999-["echo"])"},
      {R"(42/ns,["echo"])"},
      {"4" + std::string(100'000, '2')},
      {R"(451-["echo",{"_placeholder":true,"num":0}])", R"(42["echo"])"},
      {R"(451-["echo",{"_placeholder":true,"num":1}])", "bAQ=="},
      {R"(451-["echo",{"_placeholder":true,"num":-1}])", "bAQ=="},
      {R"(451-["echo",{"_placeholder":true,"num":0.5}])", "bAQ=="},
      {R"(451-["echo",{"_placeholder":true,"num":"splice"}])", "bAQ=="},
      {"bAQ=="},
  };
  for (const std::vector<std::string>& packets : cases) {
    LoopbackWebSocket client = Connect();
    for (const std::string& packet : packets) client.Send(packet);
    EXPECT_EQ(client.Receive(), "closed") << packets[0].substr(0, 100);
    const std::string reason = server_.log().Next();
    EXPECT_TRUE(reason == "disconnect forced close" || reason == "disconnect forced server close") << reason;
  }
}

TEST_F(DisconnectTest, ViolationOverPollingIsToldWithTheNextPoll) {
  PollingClient client(server_.port(), "EIO=4&transport=polling");
  client.Handshake();
  client.Post("40");
  client.Poll();
  EXPECT_EQ(client.Post("42[]").body(), "ok");
  EXPECT_EQ(client.Poll().body(),
            "6\x1e"
            "1");
  EXPECT_EQ(client.Poll().body(), R"({"code":1,"message":"Session ID unknown"})");
}

TEST_F(DisconnectTest, ASecondConnectOfAnOlderClientCloses) {
  LoopbackWebSocket client = Opened("/socket.io/?EIO=3&transport=websocket");
  EXPECT_EQ(client.Receive(), "40");
  client.Send("40");
  EXPECT_EQ(client.Receive(), "closed");
}

}  // namespace
}  // namespace parley::socketio
