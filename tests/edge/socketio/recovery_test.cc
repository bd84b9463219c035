#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/edge/engineio/loopback_websocket.h"
#include "tests/edge/socketio/application_server.h"

namespace parley::socketio {
namespace {

using engineio::HandlerLog;
using engineio::LoopbackWebSocket;
using engineio::PollingClient;
using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kV4 = "/socket.io/?EIO=4&transport=websocket";
constexpr const char* kAsks = R"({"recover":true})";

/// What a client knows of itself once it has connected.
struct Identity {
  std::string sid;
  std::string pid;
};

Identity IdentityIn(const std::string& connect_packet) {
  EXPECT_EQ(connect_packet.substr(0, 2), "40") << connect_packet;
  const json payload = json::parse(connect_packet.substr(2));
  return {payload.at("sid"), payload.value("pid", "")};
}

Options WithGrace(std::chrono::milliseconds grace) {
  Options options;
  options.reconnect_grace = grace;
  return options;
}

class RecoveryTest : public testing::TestWithParam<std::size_t> {
 protected:
  /// Without a CONNECT yet.
  LoopbackWebSocket Open(const char* target = kV4) {
    LoopbackWebSocket client(server_.port(), target);
    client.Receive();
    return client;
  }

  /// Connects a client that may come back.
  Identity Connect(LoopbackWebSocket& client) {
    client.Send(std::string("40") + kAsks);
    const Identity identity = IdentityIn(client.Receive());
    EXPECT_EQ(server_.log().Next(), std::string("connect ") + kAsks);
    return identity;
  }

  /// A client that is in the way of nobody, and makes the server emit "news" to everybody.
  LoopbackWebSocket Broadcaster() {
    LoopbackWebSocket client = Open();
    client.Send("40");
    client.Receive();
    EXPECT_EQ(server_.log().Next(), "connect {}");
    return client;
  }

  static void Broadcast(LoopbackWebSocket& from, const std::string& text) {
    from.Send(R"(42["broadcast",")" + text + R"("])");
    EXPECT_EQ(from.Receive(), R"(42["news",")" + text + R"("])");
  }

  /// A packet; of the offset that it may end with, what says whose it is is put aside.
  std::string Receive(LoopbackWebSocket& client) { return WithoutLife(client.Receive()); }

  std::string WithoutLife(std::string packet) {
    const std::size_t dot = packet.rfind('.');
    if (!packet.ends_with("\"]") || dot == std::string::npos) return packet;
    const std::size_t end = packet.size() - 2;
    life_ = packet.substr(dot + 1, end - dot - 1);
    return packet.erase(dot, end - dot);
  }

  /// Comes back with an offset of what was received last, if with any.
  std::string Return(const Identity& identity, const std::string& number) {
    json auth = {{"pid", identity.pid}, {"recover", true}};
    if (!number.empty()) auth["offset"] = number + "." + life_;
    return "40" + auth.dump();
  }

  ApplicationServer server_{WithGrace(1h), GetParam()};
  std::string life_;
};

// With several workers a client comes back to another one than its socket's as often as not.
INSTANTIATE_TEST_SUITE_P(Workers, RecoveryTest, testing::Values(1, 2, 3));

TEST_P(RecoveryTest, ClientThatAsksIsToldHowToComeBack) {
  LoopbackWebSocket client = Open();
  const Identity identity = Connect(client);
  EXPECT_EQ(identity.pid.size(), 45u);
  EXPECT_NE(identity.pid, identity.sid) << "the pid is a secret";
}

TEST_P(RecoveryTest, ClientMayAskInTheQuery) {
  LoopbackWebSocket client = Open("/socket.io/?EIO=4&transport=websocket&recover=1");
  client.Send("40");
  EXPECT_EQ(IdentityIn(Receive(client)).pid.size(), 45u);
}

TEST_P(RecoveryTest, EventsToThoseWhoAskEndWithAnOffset) {
  LoopbackWebSocket client = Open();
  Connect(client);
  client.Send(R"(42["echo","a"])");
  client.Send(R"(42["echo"])");
  client.Send(R"(451-["echo",{"_placeholder":true,"num":0}])");
  client.Send("bAQ==");
  EXPECT_EQ(Receive(client), R"(42["echo","a","1"])");
  EXPECT_EQ(Receive(client), R"(42["echo","2"])");
  EXPECT_EQ(Receive(client), R"(451-["echo",{"_placeholder":true,"num":0},"3"])");
}

TEST_P(RecoveryTest, NobodyElseGetsAnOffsetOrAPid) {
  LoopbackWebSocket client = Open();
  client.Send(R"(40{"recover":"yes"})");
  EXPECT_EQ(IdentityIn(Receive(client)).pid, "");
  client.Send(R"(42["echo","a"])");
  EXPECT_EQ(Receive(client), R"(42["echo","a"])");

  LoopbackWebSocket older(server_.port(), "/socket.io/?EIO=3&transport=websocket&recover=1");
  Receive(older);
  EXPECT_EQ(Receive(older), "40");
  older.Send(R"(42["echo","a"])");
  EXPECT_EQ(Receive(older), R"(42["echo","a"])");
}

TEST_P(RecoveryTest, WhoComesBackGetsWhatItMissedBeforeItIsConnected) {
  LoopbackWebSocket other = Broadcaster();
  for (int round = 0; round < 4; ++round) {
    LoopbackWebSocket client = Open();
    const Identity identity = Connect(client);
    Broadcast(other, "received");
    EXPECT_EQ(Receive(client), R"(42["news","received","1"])");
    Broadcast(other, "in flight");
    client.connection().Close();
    Broadcast(other, "while away");

    LoopbackWebSocket back = Open();
    back.Send(Return(identity, "1"));
    EXPECT_EQ(Receive(back), R"(42["news","in flight","2"])");
    EXPECT_EQ(Receive(back), R"(42["news","while away","3"])");
    const Identity again = IdentityIn(Receive(back));
    EXPECT_EQ(again.sid, identity.sid);
    EXPECT_EQ(again.pid, identity.pid);
    Broadcast(other, "afterwards");
    EXPECT_EQ(Receive(back), R"(42["news","afterwards","4"])");
    back.Send(R"(42["echo"])");
    EXPECT_EQ(Receive(back), R"(42["echo","5"])");
    back.Send("41");
    EXPECT_EQ(server_.log().Next(), "disconnect client namespace disconnect") << "it never heard of the loss";
  }
}

TEST_P(RecoveryTest, WhoHasReceivedNothingGetsEverything) {
  LoopbackWebSocket client = Open();
  const Identity identity = Connect(client);
  client.Send(R"(42["echo","lost"])");
  Receive(client);
  client.connection().Close();
  LoopbackWebSocket back = Open();
  back.Send(Return(identity, ""));
  EXPECT_EQ(Receive(back), R"(42["echo","lost","1"])");
  EXPECT_EQ(IdentityIn(Receive(back)).sid, identity.sid);
}

TEST_P(RecoveryTest, ClientMayComeBackAgainAndAgain) {
  LoopbackWebSocket other = Broadcaster();
  auto client = std::make_unique<LoopbackWebSocket>(Open());
  const Identity identity = Connect(*client);
  for (int round = 0; round < 10; ++round) {
    client->connection().Close();
    Broadcast(other, std::to_string(round));
    client = std::make_unique<LoopbackWebSocket>(Open());
    client->Send(Return(identity, round == 0 ? "" : std::to_string(round)));
    EXPECT_EQ(Receive(*client),
              json::array({"news", std::to_string(round), std::to_string(round + 1)}).dump().insert(0, "42"));
    EXPECT_EQ(IdentityIn(Receive(*client)).sid, identity.sid);
  }
}

TEST_P(RecoveryTest, ClientMayComeBackByPolling) {
  LoopbackWebSocket client = Open();
  const Identity identity = Connect(client);
  client.Send(R"(42["echo","lost"])");
  Receive(client);
  client.connection().Close();
  PollingClient back(server_.port(), "EIO=4&transport=polling");
  back.Handshake();
  EXPECT_EQ(back.Post(Return(identity, "")).body(), "ok");
  std::string received = back.Poll().body();
  if (received.find("40{") == std::string::npos) received += "\x1e" + back.Poll().body();
  EXPECT_EQ(WithoutLife(received.substr(0, received.find('\x1e'))), R"(42["echo","lost","1"])");
  EXPECT_EQ(IdentityIn(received.substr(received.find('\x1e') + 1)).sid, identity.sid);
}

TEST_P(RecoveryTest, OldConnectionThatStillSeemsAliveGivesWay) {
  LoopbackWebSocket client = Open();
  const Identity identity = Connect(client);
  LoopbackWebSocket back = Open();
  back.Send(Return(identity, ""));
  EXPECT_EQ(IdentityIn(Receive(back)).sid, identity.sid);
  EXPECT_EQ(Receive(client), "closed");
  back.Send(R"(42["echo"])");
  EXPECT_EQ(Receive(back), R"(42["echo","1"])");
}

TEST_P(RecoveryTest, AnswerGivenMeanwhileIsNotLost) {
  LoopbackWebSocket client = Open();
  const Identity identity = Connect(client);
  client.Send(R"(427["answer-at-broadcast"])");
  client.Send(R"(42["seen"])");
  EXPECT_EQ(server_.log().Next(), "seen []");
  client.connection().Close();
  LoopbackWebSocket other = Broadcaster();
  other.Send(R"(42["broadcast"])");
  Receive(other);
  LoopbackWebSocket back = Open();
  back.Send(Return(identity, ""));
  EXPECT_EQ(Receive(back), R"(437["at last"])");
  EXPECT_EQ(Receive(back), R"(42["news","2"])");
  EXPECT_EQ(IdentityIn(Receive(back)).sid, identity.sid);
}

TEST_P(RecoveryTest, GoodbyeIsForGood) {
  LoopbackWebSocket client = Open();
  const Identity identity = Connect(client);
  client.Send("41");
  EXPECT_EQ(server_.log().Next(), "disconnect client namespace disconnect");
  LoopbackWebSocket back = Open();
  back.Send(Return(identity, ""));
  const Identity anew = IdentityIn(Receive(back));
  EXPECT_NE(anew.sid, identity.sid);
  EXPECT_NE(anew.pid, identity.pid);
}

TEST_P(RecoveryTest, WhoBreaksTheRulesIsNotWaitedFor) {
  LoopbackWebSocket client = Open();
  Connect(client);
  client.Send("42[]");
  EXPECT_EQ(Receive(client), "closed");
  EXPECT_EQ(server_.log().Next(), "disconnect forced close");
}

TEST_P(RecoveryTest, SocketWhoseConnectionIsClosedEndsAtOnceWhereverItsClientLives) {
  // Rounds enough for its client to have come back to each worker.
  for (int round = 0; round < 6; ++round) {
    LoopbackWebSocket client = Open();
    const Identity identity = Connect(client);
    LoopbackWebSocket back = Open();
    back.Send(Return(identity, ""));
    EXPECT_EQ(IdentityIn(Receive(back)).sid, identity.sid);
    back.Send(R"(42["close"])");
    EXPECT_EQ(server_.log().Next(), "disconnect forced server close");
    EXPECT_EQ(server_.log().Next(), "closed");
    EXPECT_EQ(Receive(back), "closed");
    LoopbackWebSocket late = Open();
    late.Send(Return(identity, ""));
    EXPECT_NE(IdentityIn(Receive(late)).sid, identity.sid);
    EXPECT_TRUE(server_.log().Next().starts_with("connect "));
  }
}

TEST_P(RecoveryTest, UnknownPidMakesANewClient) {
  LoopbackWebSocket client = Open();
  client.Send(R"(40{"pid":"AAAAAAAAAAAAAAAAAAAAAA","offset":"3","recover":true})");
  EXPECT_NE(IdentityIn(Receive(client)).pid, "AAAAAAAAAAAAAAAAAAAAAA");
  for (const char* pid : {"1", "null", "[]", R"("")"}) {
    LoopbackWebSocket odd = Open();
    odd.Send(std::string(R"(40{"recover":true,"pid":)") + pid + "}");
    EXPECT_EQ(IdentityIn(Receive(odd)).pid.size(), 45u) << pid;
  }
}

TEST_P(RecoveryTest, WhoCannotBeToldEverythingBeginsAnewAndItsOldSelfEnds) {
  for (const char* offset : {"2", "-1", "x", "99999999999999999999"}) {
    LoopbackWebSocket client = Open();
    const Identity identity = Connect(client);
    client.Send(R"(42["echo"])");
    Receive(client);
    client.connection().Close();
    LoopbackWebSocket back = Open();
    back.Send(Return(identity, offset));
    const Identity anew = IdentityIn(Receive(back));
    EXPECT_NE(anew.sid, identity.sid) << offset;
    EXPECT_NE(anew.pid, identity.pid) << offset;
    std::vector<std::string> heard = {server_.log().Next(), server_.log().Next()};
    EXPECT_EQ(heard[0], "disconnect transport close");
    EXPECT_EQ(heard[1].substr(0, 9), "connect {");
  }
}

TEST_P(RecoveryTest, WhoShowsWhatAnEarlierSelfWasToldBeginsAnew) {
  LoopbackWebSocket earlier = Open();
  const Identity gone = Connect(earlier);
  earlier.Send(R"(42["echo"])");
  Receive(earlier);
  const std::string stale = "1." + life_;
  for (const std::string& offset : {stale, std::string("1"), std::string("1.")}) {
    LoopbackWebSocket client = Open();
    const Identity identity = Connect(client);
    client.Send(R"(42["echo","lost"])");
    Receive(client);
    client.connection().Close();
    LoopbackWebSocket back = Open();
    back.Send("40" + json{{"pid", identity.pid}, {"recover", true}, {"offset", offset}}.dump());
    const Identity anew = IdentityIn(Receive(back));
    EXPECT_NE(anew.sid, identity.sid) << offset;
    EXPECT_NE(anew.sid, gone.sid) << offset;
    EXPECT_EQ(server_.log().Next(), "disconnect transport close");
    EXPECT_EQ(server_.log().Next().substr(0, 9), "connect {");
  }
}

TEST_P(RecoveryTest, PidOpensOneNamespaceOnly) {
  LoopbackWebSocket client = Open();
  const Identity identity = Connect(client);
  client.connection().Close();
  LoopbackWebSocket back = Open();
  back.Send("40/other," + Return(identity, "").substr(2));
  EXPECT_EQ(Receive(back).substr(0, 17), "40/other,{\"sid\":\"");
  EXPECT_EQ(server_.log().Next().substr(0, 9), "connect {");
}

TEST_P(RecoveryTest, EventBeforeTheAnswerClosesAsItDoesForANewClient) {
  LoopbackWebSocket client = Open();
  client.Send(R"(42["echo"])");
  EXPECT_EQ(Receive(client), "closed");
}

TEST_P(RecoveryTest, ShutdownDoesNotWaitForTheAbsent) {
  LoopbackWebSocket client = Open();
  Connect(client);
  client.connection().Close();
  LoopbackWebSocket other = Broadcaster();  // until here the loss has been noticed
  HandlerLog done;
  server_.socketio().Shutdown([&] { done.Add("done"); });
  EXPECT_EQ(done.Next(), "done");
  EXPECT_EQ(server_.log().Next(), "disconnect server shutting down");
  EXPECT_EQ(server_.log().Next(), "disconnect server shutting down");
}

TEST(RecoveryGraceTest, WhoStaysAwayHasGoneForTheReasonItWasLost) {
  ApplicationServer server(WithGrace(1ms));
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  client.Send(std::string("40") + kAsks);
  const Identity identity = IdentityIn(client.Receive());
  EXPECT_EQ(server.log().Next(), std::string("connect ") + kAsks);
  client.connection().Close();
  EXPECT_EQ(server.log().Next(), "disconnect transport close");
  LoopbackWebSocket back(server.port(), kV4);
  back.Receive();
  back.Send("40" + json{{"pid", identity.pid}, {"offset", "0"}}.dump());
  EXPECT_NE(IdentityIn(back.Receive()).sid, identity.sid);
}

TEST(RecoveryGraceTest, NoGraceMeansNoRecovery) {
  ApplicationServer server(WithGrace(0ms));
  LoopbackWebSocket client(server.port(), kV4);
  client.Receive();
  client.Send(std::string("40") + kAsks);
  EXPECT_EQ(IdentityIn(client.Receive()).pid, "");
  client.Send(R"(42["echo","a"])");
  EXPECT_EQ(client.Receive(), R"(42["echo","a"])");
}

}  // namespace
}  // namespace parley::socketio
