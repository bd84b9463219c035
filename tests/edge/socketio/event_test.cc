#include <gtest/gtest.h>

#include <string>

#include "tests/edge/engineio/loopback_websocket.h"
#include "tests/edge/socketio/application_server.h"

namespace parley::socketio {
namespace {

using namespace std::string_view_literals;
using engineio::LoopbackWebSocket;
using engineio::PollingClient;

class EventTest : public testing::Test {
 protected:
  EventTest() : client_(server_.port(), "/socket.io/?EIO=4&transport=websocket") {
    client_.Receive();
    client_.Send("40");
    client_.Receive();
    EXPECT_EQ(server_.log().Next(), "connect {}");
  }

  ApplicationServer server_;
  LoopbackWebSocket client_;
};

TEST_F(EventTest, ArgumentsArriveAndComeBack) {
  client_.Send(R"(42["echo",1,"2",{"3":[true,null,"\ud83d\ude00"]}])");
  EXPECT_EQ(client_.Receive(), "42[\"echo\",1,\"2\",{\"3\":[true,null,\"\U0001F600\"]}]");
}

TEST_F(EventTest, AnswerCarriesTheEventsIdAndIsSentOnce) {
  client_.Send(R"(42456["answer",1,"2",{"3":[false]}])");
  EXPECT_EQ(client_.Receive(), R"(43456[1,"2",{"3":[false]}])");
  client_.Send(R"(42["echo"])");
  EXPECT_EQ(client_.Receive(), R"(42["echo"])");
}

TEST_F(EventTest, AnswerMayComeLater) {
  client_.Send(R"(420["answer-later"])");
  client_.Send(R"(42["echo"])");
  EXPECT_EQ(client_.Receive(), R"(42["echo"])");
  client_.Send(R"(42["now"])");
  EXPECT_EQ(client_.Receive(), R"(430["later"])");
}

TEST_F(EventTest, BinaryGoesBothWays) {
  client_.Send(R"(452-["echo",{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}])");
  client_.SendBinary("\x01\x02"sv);
  client_.SendBinary("\x03"sv);
  EXPECT_EQ(client_.Receive(),
            R"(452-["echo",{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}])");
  EXPECT_EQ(client_.Receive(), "[\x01\x02]");
  EXPECT_EQ(client_.Receive(), "[\x03]");
  client_.Send(R"(451-789["answer",{"_placeholder":true,"num":0}])");
  client_.SendBinary("\x04"sv);
  EXPECT_EQ(client_.Receive(), R"(461-789[{"_placeholder":true,"num":0}])");
  EXPECT_EQ(client_.Receive(), "[\x04]");
}

TEST_F(EventTest, ServerMayAskAndTheClientAnswer) {
  client_.Send(R"(42["ask","what?"])");
  EXPECT_EQ(client_.Receive(), R"(420["question","what?"])");
  client_.Send(R"(430["that"])");
  EXPECT_EQ(client_.Receive(), R"(42["answered","that"])");
  client_.Send(R"(430["again"])");
  client_.Send(R"(42["ask"])");
  EXPECT_EQ(client_.Receive(), R"(421["question"])");
  client_.Send("431");
  EXPECT_EQ(client_.Receive(), R"(42["answered"])");
}

TEST_F(EventTest, WhatIsOddButHarmlessLeavesTheConnection) {
  for (const char* packet : {"4399[]", "43[]", "42", "427", R"(42["unheard",{"__proto__":{"x":1}}])",
                             R"(42["error"])", R"(42["hasOwnProperty"])", "42[1]"}) {
    client_.Send(packet);
  }
  client_.Send(R"(42["echo"])");
  EXPECT_EQ(client_.Receive(), R"(42["echo"])");
  EXPECT_EQ(server_.log().Next(), R"(unheard [{"__proto__":{"x":1}}])");
  EXPECT_EQ(server_.log().Next(), "error []");
  EXPECT_EQ(server_.log().Next(), "hasOwnProperty []");
  EXPECT_EQ(server_.log().Next(), "1 []");
}

TEST_F(EventTest, TooDeepOrNoTextIsDeliveredAsADefect) {
  client_.Send(R"(421["deep",)" + std::string(20000, '[') + std::string(20000, ']') + "]");
  EXPECT_EQ(client_.Receive(), "431[0]");
  EXPECT_EQ(server_.log().Next(), "deep [] with a defect");
  client_.Send(R"(422["half","\ud83d"])");
  EXPECT_EQ(client_.Receive(), "432[0]");
  EXPECT_EQ(server_.log().Next(), "half [] with a defect");
}

TEST_F(EventTest, BroadcastReachesEveryTransportAndVersion) {
  LoopbackWebSocket older(server_.port(), "/socket.io/?EIO=3&transport=websocket");
  older.Receive();
  EXPECT_EQ(older.Receive(), "40");
  PollingClient polling(server_.port(), "EIO=4&transport=polling");
  polling.Handshake();
  polling.Post("40");
  EXPECT_EQ(polling.Poll().body().substr(0, 2), "40");
  PollingClient older_polling(server_.port(), "EIO=3&transport=polling&b64=1");
  older_polling.Handshake();
  EXPECT_EQ(older_polling.Poll().body(), "2:40");

  client_.Send("42[\"broadcast\",\"\u20ac\"]");
  EXPECT_EQ(client_.Receive(), "42[\"news\",\"\u20ac\"]");
  EXPECT_EQ(older.Receive(), "42[\"news\",\"\u20ac\"]");
  EXPECT_EQ(polling.Poll().body(), "42[\"news\",\"\u20ac\"]");
  EXPECT_EQ(older_polling.Poll().body(), "14:42[\"news\",\"\u20ac\"]");

  client_.Send(R"(451-["broadcast",{"_placeholder":true,"num":0}])");
  client_.SendBinary("\x01\x02\x03"sv);
  EXPECT_EQ(client_.Receive(), R"(451-["news",{"_placeholder":true,"num":0}])");
  EXPECT_EQ(client_.Receive(), "[\x01\x02\x03]");
  EXPECT_EQ(older.Receive(), R"(451-["news",{"_placeholder":true,"num":0}])");
  EXPECT_EQ(older.Receive(), "[\x04\x01\x02\x03]");
  EXPECT_EQ(polling.Poll().body(),
            "451-[\"news\",{\"_placeholder\":true,\"num\":0}]\x1e"
            "bAQID");
  EXPECT_EQ(older_polling.Poll().body(), R"(42:451-["news",{"_placeholder":true,"num":0}]6:b4AQID)");
}

}  // namespace
}  // namespace parley::socketio
