#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/edge/engineio/loopback_websocket.h"
#include "tests/edge/socketio/application_server.h"

namespace parley::socketio {
namespace {

using engineio::LoopbackWebSocket;
using testing::MatchesRegex;

class NamespaceTest : public testing::Test {
 protected:
  /// Connected to "/other".
  LoopbackWebSocket Connect() {
    LoopbackWebSocket client(server_.port(), "/socket.io/?EIO=4&transport=websocket");
    client.Receive();
    client.Send("40/other,");
    EXPECT_THAT(client.Receive(), MatchesRegex(R"(40/other,."sid":"[A-Za-z0-9_-]{22}".)"));
    EXPECT_EQ(server_.log().Next(), "connect {}");
    return client;
  }

  ApplicationServer server_;
};

TEST_F(NamespaceTest, EventsAndAnswersStayInTheirNamespace) {
  LoopbackWebSocket client = Connect();
  client.Send(R"(42/other,["echo","a"])");
  EXPECT_EQ(client.Receive(), R"(42/other,["echo","a"])");
  client.Send(R"(42/other,7["answer",1])");
  EXPECT_EQ(client.Receive(), "43/other,7[1]");
  client.Send(R"(42/other,["ask",2])");
  EXPECT_EQ(client.Receive(), R"(42/other,0["question",2])");
  client.Send("43/other,0[3]");
  EXPECT_EQ(client.Receive(), R"(42/other,["answered",3])");
  client.Send(R"(451-/other,["echo",{"_placeholder":true,"num":0}])");
  client.Send("bAQ==");
  EXPECT_EQ(client.Receive(), R"(451-/other,["echo",{"_placeholder":true,"num":0}])");
}

TEST_F(NamespaceTest, ClientMayBeInSeveralAtOnce) {
  LoopbackWebSocket client = Connect();
  client.Send("40");
  EXPECT_EQ(client.Receive().substr(0, 3), "40{");
  client.Send(R"(42["echo"])");
  EXPECT_EQ(client.Receive(), R"(42["echo"])");
  client.Send("41/other,");
  EXPECT_EQ(server_.log().Next(), "connect {}");
  EXPECT_EQ(server_.log().Next(), "disconnect client namespace disconnect");
  client.Send(R"(42["echo"])");
  EXPECT_EQ(client.Receive(), R"(42["echo"])");
}

TEST_F(NamespaceTest, EndOfTheConnectionEndsThemAll) {
  LoopbackWebSocket client = Connect();
  client.Send("40");
  client.Receive();
  EXPECT_EQ(server_.log().Next(), "connect {}");
  client.SendClose();
  EXPECT_EQ(server_.log().Next(), "disconnect transport close");
  EXPECT_EQ(server_.log().Next(), "disconnect transport close");
}

TEST_F(NamespaceTest, ServersGoodbyeNamesTheNamespace) {
  LoopbackWebSocket client = Connect();
  client.Send(R"(42/other,["bye",false])");
  EXPECT_EQ(client.Receive(), "41/other,");
  client.Send("40/other,");
  EXPECT_EQ(client.Receive().substr(0, 10), R"(40/other,{)");
}

TEST_F(NamespaceTest, ASecondConnectCloses) {
  LoopbackWebSocket client = Connect();
  client.Send("40/other,");
  EXPECT_EQ(client.Receive(), "closed");
}

TEST_F(NamespaceTest, OlderClientsAskForOthersThanTheRoot) {
  LoopbackWebSocket client(server_.port(), "/socket.io/?EIO=3&transport=websocket");
  client.Receive();
  EXPECT_EQ(client.Receive(), "40");
  client.Send("40/other?token=1,");
  EXPECT_EQ(client.Receive(), "40/other,");
  client.Send(R"(42/other,["echo","a"])");
  EXPECT_EQ(client.Receive(), R"(42/other,["echo","a"])");
}

}  // namespace
}  // namespace parley::socketio
