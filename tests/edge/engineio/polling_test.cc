#include <gtest/gtest.h>

#include <string>

#include "tests/edge/engineio/echo_server.h"
#include "tests/edge/engineio/loopback_websocket.h"

namespace parley::engineio {
namespace {

using namespace std::string_literals;
using server::Response;
namespace http = server::http;

constexpr const char* kV4 = "EIO=4&transport=polling";
constexpr const char* kV3 = "EIO=3&transport=polling";
constexpr const char* kV3Base64 = "EIO=3&transport=polling&b64=1";
constexpr const char* kUnknownSid = R"({"code":1,"message":"Session ID unknown"})";

void ExpectGone(PollingClient& client) {
  const Response response = client.Poll();
  EXPECT_EQ(response.result(), http::status::bad_request);
  EXPECT_EQ(response.body(), kUnknownSid);
}

TEST(PollingTest, PostIsAnsweredAndMessagesComeBack) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  const Response posted = client.Post(
      "4hello\x1e"
      "4world");
  EXPECT_EQ(posted.result(), http::status::ok);
  EXPECT_EQ(posted[http::field::content_type], "text/html");
  EXPECT_EQ(posted[http::field::cache_control], "no-store");
  EXPECT_EQ(posted.body(), "ok");
  EXPECT_EQ(client.Poll().body(),
            "4hello\x1e"
            "4world");
}

TEST(PollingTest, ParkedPollGetsWhatComesLater) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.BeginPoll();
  EXPECT_EQ(client
                .Post("4hello\x1e"
                      "4world")
                .body(),
            "ok");
  EXPECT_EQ(client.EndPoll().body(),
            "4hello\x1e"
            "4world");
}

TEST(PollingTest, OneResponseHoldsAtMostSixteenPackets) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.Post("4many 17");
  EXPECT_EQ(client.Poll().body(),
            "40\x1e"
            "41\x1e"
            "42\x1e"
            "43\x1e"
            "44\x1e"
            "45\x1e"
            "46\x1e"
            "47\x1e"
            "48\x1e"
            "49\x1e"
            "410\x1e"
            "411\x1e"
            "412\x1e"
            "413\x1e"
            "414\x1e"
            "415");
  EXPECT_EQ(client.Poll().body(), "416");
}

TEST(PollingTest, BinaryIsBase64) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  EXPECT_EQ(client.Post("bAQIDBA==").body(), "ok");
  EXPECT_EQ(client.Poll().body(), "bAQIDBA==");
}

TEST(PollingTest, OlderClientsCountInUtf16) {
  EchoServer server;
  PollingClient client(server.port(), kV3);
  client.Handshake();
  EXPECT_EQ(client.Post("6:4hello5:4\u20ac\U0001F600\u00e9").body(), "ok");
  EXPECT_EQ(client.Poll().body(), "6:4hello5:4\u20ac\U0001F600\u00e9");
}

TEST(PollingTest, OlderClientsGetBinaryAsTheyAskedFor) {
  EchoServer server;
  PollingClient text(server.port(), kV3Base64);
  text.Handshake();
  EXPECT_EQ(text.Post("6:4hello10:b4AQIDBA==").body(), "ok");
  EXPECT_EQ(text.Poll().body(), "6:4hello10:b4AQIDBA==");

  PollingClient binary(server.port(), kV3);
  binary.Handshake();
  const std::string payload =
      "\x00\x06\xff"
      "4hello\x01\x05\xff\x04\x01\x02\x03\x04"s;
  EXPECT_EQ(binary.Post(payload, "application/octet-stream").body(), "ok");
  const Response response = binary.Poll();
  EXPECT_EQ(response[http::field::content_type], "application/octet-stream");
  EXPECT_EQ(response.body(), payload);
}

TEST(PollingTest, JsonpIsAScriptAndAForm) {
  EchoServer server;
  PollingClient client(server.port(), "EIO=3&transport=polling&j=7");
  EXPECT_EQ(client.Handshake().substr(0, 12), "___eio[7](\"1");
  EXPECT_EQ(client.Post("d=4%3A4a%5Cnb", "application/x-www-form-urlencoded").body(), "ok");
  EXPECT_EQ(client.Poll().body(), R"(___eio[7]("4:4a\nb");)");
}

TEST(PollingTest, PongAnswersAnOlderClientsPing) {
  EchoServer server;
  PollingClient client(server.port(), kV3);
  client.Handshake();
  client.Post("1:2");
  EXPECT_EQ(client.Poll().body(), "1:3");
}

TEST(PollingTest, PingOfANewerClientKills) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.Post("2");
  EXPECT_EQ(server.log().Next(), "transport error");
  ExpectGone(client);
}

TEST(PollingTest, OverlappingPollsKill) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.BeginPoll();
  // Which of the two the server sees first is open; the other one is too many.
  server::LoopbackClient other(server.port());
  other.Send("GET /socket.io/?EIO=4&transport=polling&sid=" + client.sid() + " HTTP/1.1\r\nHost: x\r\n\r\n");
  const Response first = client.EndPoll();
  const Response second = other.ReadResponse();
  const bool in_order = first.result() == http::status::ok;
  EXPECT_EQ((in_order ? first : second).body(), "1");
  EXPECT_EQ((in_order ? second : first).result(), http::status::bad_request);
  EXPECT_EQ(server.log().Next(), "transport error");
  ExpectGone(client);
}

TEST(PollingTest, OverlappingPostsKill) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  const std::string head =
      "POST /socket.io/?EIO=4&transport=polling&sid=" + client.sid() + " HTTP/1.1\r\nHost: x\r\n";
  server::LoopbackClient slow(server.port());
  // The interim response tells that the server knows of the body to come.
  slow.Send(head + "Content-Length: 6\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(slow.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  slow.Send("4");
  EXPECT_EQ(client.Post("4hello").result(), http::status::bad_request);
  EXPECT_EQ(server.log().Next(), "transport error");
  slow.Send("hello");
  EXPECT_EQ(slow.ReadResponse().body(), kUnknownSid);
  ExpectGone(client);
}

TEST(PollingTest, SlowPostsOneAfterAnotherAreInOrder) {
  EchoServer server({}, 3);
  PollingClient client(server.port(), kV4);
  client.Handshake();
  for (int i = 0; i < 6; ++i) {
    server::LoopbackClient slow(server.port());
    slow.Send("POST /socket.io/?EIO=4&transport=polling&sid=" + client.sid() +
              " HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n");
    slow.ReadUntil("\r\n\r\n");
    slow.Send("4hello");
    EXPECT_EQ(slow.ReadResponse().body(), "ok");
    EXPECT_EQ(client.Poll().body(), "4hello");
  }
}

TEST(PollingTest, PostThatIsCutOffKills) {
  constexpr std::string_view kBeginnings[] = {
      "Content-Length: 6\r\n\r\n4hel",
      "Transfer-Encoding: chunked\r\n\r\n5\r\n4hell\r\n",
  };
  for (const std::string_view beginning : kBeginnings) {
    EchoServer server({}, 3);
    PollingClient client(server.port(), kV4);
    client.Handshake();
    server::LoopbackClient slow(server.port());
    slow.Send("POST /socket.io/?EIO=4&transport=polling&sid=" + client.sid() + " HTTP/1.1\r\nHost: x\r\n" +
              std::string(beginning));
    slow.Close();
    EXPECT_EQ(server.log().Next(), "transport error");
    ExpectGone(client);
  }
}

TEST(PollingTest, PostWithABrokenBodyKills) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  server::LoopbackClient slow(server.port());
  slow.Send("POST /socket.io/?EIO=4&transport=polling&sid=" + client.sid() +
            " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n4hell\r\nxyz\r\n");
  EXPECT_EQ(slow.ReadResponse().result(), http::status::bad_request);
  EXPECT_EQ(server.log().Next(), "transport error");
  ExpectGone(client);
}

TEST(PollingTest, AbortedPollKills) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.BeginPoll();
  client.poll_connection().Close();
  EXPECT_EQ(server.log().Next(), "transport error");
}

TEST(PollingTest, ClosePacketFreesThePollAndEndsTheSession) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.Post("4hello");
  EXPECT_EQ(client.Poll().body(), "4hello");
  EXPECT_EQ(client
                .Post("1\x1e"
                      "4too late")
                .body(),
            "ok");
  EXPECT_EQ(server.log().Next(), "transport close");
  ExpectGone(client);
}

TEST(PollingTest, WhatIsNoPayloadKills) {
  const std::pair<const char*, std::string> cases[] = {
      {kV4, "abc"}, {kV4, ""}, {kV4, "4\xff"}, {kV4, "b*"}, {kV3, "abc"}, {kV3, "9:4"}, {kV3, "4hello"}};
  for (const auto& [query, body] : cases) {
    EchoServer server;
    PollingClient client(server.port(), query);
    client.Handshake();
    EXPECT_EQ(client.Post(body).result(), http::status::bad_request) << body;
    EXPECT_EQ(server.log().Next(), "parse error");
    ExpectGone(client);
  }
}

TEST(PollingTest, NewerClientsPostNoOctets) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  EXPECT_EQ(client.Post("4hello", "application/octet-stream").result(), http::status::bad_request);
  ExpectGone(client);
}

TEST(PollingTest, TooLargeAPostIsRefusedAndTheSessionSurvives) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  {
    server::LoopbackClient other(server.port());
    other.Send("POST /socket.io/?EIO=4&transport=polling&sid=" + client.sid() +
               " HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\nContent-Length: 1000001\r\n\r\n");
    const Response refused = other.ReadResponse();
    EXPECT_EQ(refused.result(), http::status::payload_too_large);
    EXPECT_EQ(refused[http::field::access_control_allow_origin], "*");
  }
  {
    server::LoopbackClient other(server.port());
    other.SendUntilRefused("POST /socket.io/?EIO=4&transport=polling&sid=" + client.sid() +
                           " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nf4241\r\n" +
                           std::string(1'000'001, '4'));
    EXPECT_EQ(other.ReadResponse().result(), http::status::payload_too_large);
  }
  EXPECT_EQ(client.Post("4hello").body(), "ok");
  EXPECT_EQ(client.Poll().body(), "4hello");
}

TEST(PollingTest, ServersCloseIsTheNextPollsAnswer) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  EXPECT_EQ(client.Post("4close").body(), "ok");
  EXPECT_EQ(server.log().Next(), "forced close");
  EXPECT_EQ(client.Post("4ignored").body(), "ok");
  EXPECT_EQ(client.Poll().body(),
            "6\x1e"
            "1");
  ExpectGone(client);
}

TEST(PollingTest, WhatIsQueuedComesBeforeTheClose) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.Post(
      "4many 17\x1e"
      "4close");
  EXPECT_EQ(client.Poll().body().substr(0, 5),
            "40\x1e"
            "41");
  EXPECT_EQ(client.Poll().body(), "416");
  EXPECT_EQ(client.Poll().body(),
            "6\x1e"
            "1");
  ExpectGone(client);
}

TEST(PollingTest, ClientThatNeverPollsIsClosedAtTheCap) {
  Options options;
  options.max_queued_bytes = 10'000;
  EchoServer server(options);
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.Post("4fill 9000");
  client.Post("4fill 1000");
  EXPECT_EQ(server.log().Next(), "slow consumer");
  EXPECT_EQ(client.Poll().body(),
            "6\x1e"
            "1");
  ExpectGone(client);
}

TEST(PollingTest, ClientThatPollsTooSlowlyIsToldByItsParkedPoll) {
  Options options;
  options.max_queued_bytes = 10'000;
  EchoServer server(options);
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.BeginPoll();
  client.Post("4many 1000");
  EXPECT_EQ(server.log().Next(), "slow consumer");
  // The post may have overtaken the poll.
  const std::string last = client.EndPoll().body();
  EXPECT_TRUE(last == "1" || last ==
                                 "6\x1e"
                                 "1")
      << last;
  ExpectGone(client);
}

TEST(PollingTest, EmptyMessagesCountTowardsTheCap) {
  Options options;
  options.max_queued_bytes = 100'000;
  EchoServer server(options);
  PollingClient client(server.port(), kV3);
  client.Handshake();
  std::string pings;
  for (int i = 0; i < 100'000; ++i) pings += "1:2";
  client.Post(pings);
  EXPECT_EQ(server.log().Next(), "slow consumer");
}

TEST(PollingTest, SessionIsServedFromAnyConnection) {
  EchoServer server({}, 3);
  PollingClient client(server.port(), kV4);
  client.Handshake();
  for (int i = 0; i < 6; ++i) {
    // Connections go to the workers in turn; the session stays where it is.
    server::LoopbackClient other(server.port());
    other.Send("POST /socket.io/?EIO=4&transport=polling&sid=" + client.sid() +
               " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n4" + std::to_string(i));
    EXPECT_EQ(other.ReadResponse().body(), "ok");
    EXPECT_EQ(client.Poll().body(), "4" + std::to_string(i));
  }
}

TEST(PollingTest, ShutdownAnswersParkedPollsAndRefusesNewSessions) {
  EchoServer server;
  PollingClient client(server.port(), kV4);
  client.Handshake();
  client.BeginPoll();
  EXPECT_EQ(client.Post("4hello").body(), "ok");
  EXPECT_EQ(client.EndPoll().body(), "4hello");
  client.BeginPoll();
  EXPECT_EQ(server.engine().session_count(), 1u);
  HandlerLog done;
  server.engine().Shutdown([&] { done.Add("done"); });
  EXPECT_EQ(done.Next(), "done");
  EXPECT_EQ(server.log().Next(), "server shutting down");
  EXPECT_EQ(server.engine().session_count(), 0u);
  PollingClient late(server.port(), kV4);
  const Response refused = late.Poll();
  EXPECT_EQ(refused.result(), http::status::service_unavailable);
  EXPECT_EQ(refused[http::field::retry_after], "1");
}

}  // namespace
}  // namespace parley::engineio
