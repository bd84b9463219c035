#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/edge/engineio/echo_server.h"
#include "tests/edge/engineio/loopback_websocket.h"

namespace parley::engineio {
namespace {

using server::LoopbackClient;
using server::Response;
using testing::MatchesRegex;
namespace http = server::http;

class HandshakeTest : public testing::Test {
 protected:
  Response Request(std::string_view method, std::string_view query, std::string_view headers = "") {
    LoopbackClient client(server_.port());
    client.Send(std::string(method) + " /socket.io/?" + std::string(query) +
                " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" + std::string(headers) + "\r\n");
    return client.ReadResponse();
  }

  EchoServer server_;
};

constexpr const char* kOpenFields =
    R"(."upgrades":.(.websocket.)?.,"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000.)";

TEST_F(HandshakeTest, PollingBeginsWithAnOpenPacket) {
  const Response response = Request("GET", "EIO=4&transport=polling");
  EXPECT_EQ(response.result(), http::status::ok);
  EXPECT_EQ(response[http::field::content_type], "text/plain; charset=UTF-8");
  EXPECT_EQ(response[http::field::cache_control], "no-store");
  EXPECT_THAT(response.body(),
              MatchesRegex(std::string(R"(0."sid":"[A-Za-z0-9_-]{22}[01]",)") + (kOpenFields + 1)));
  EXPECT_NE(response.body().find(R"("upgrades":["websocket"])"), std::string::npos);
}

TEST_F(HandshakeTest, OlderClientsGetTheLengthInFront) {
  for (const char* query :
       {"EIO=3&transport=polling", "transport=polling", "EIO=3&transport=polling&b64=1"}) {
    const std::string body = Request("GET", query).body();
    const std::size_t colon = body.find(':');
    ASSERT_NE(colon, std::string::npos) << query;
    EXPECT_EQ(body.substr(0, colon), std::to_string(body.size() - colon - 1)) << query;
    EXPECT_EQ(body.substr(colon + 1, 8), R"(0{"sid":)") << query;
  }
}

TEST_F(HandshakeTest, DirectWebSocketOffersNoUpgrade) {
  for (const char* query : {"EIO=4", "EIO=3", ""}) {
    LoopbackWebSocket client(server_.port(), "/socket.io/?transport=websocket&" + std::string(query));
    EXPECT_EQ(client.status(), 101u);
    const std::string open = client.Receive();
    EXPECT_EQ(open.substr(0, 8), R"(0{"sid":)");
    EXPECT_NE(open.find(R"("upgrades":[],)"), std::string::npos);
  }
}

TEST_F(HandshakeTest, EverySidIsAnother) {
  EXPECT_NE(SidIn(Request("GET", "EIO=4&transport=polling").body()),
            SidIn(Request("GET", "EIO=4&transport=polling").body()));
}

void ExpectRefusal(const Response& response, std::string_view body) {
  EXPECT_EQ(response.result(), http::status::bad_request);
  EXPECT_EQ(response[http::field::content_type], "application/json");
  EXPECT_EQ(response.body(), body);
}

TEST_F(HandshakeTest, UnknownTransportIsRefused) {
  for (const char* query :
       {"EIO=4", "EIO=4&transport=abc", "EIO=4&transport=__proto__", "EIO=4&transport=webtransport",
        "EIO=4&transport=polling&transport=constructor"}) {
    ExpectRefusal(Request("GET", query), R"({"code":0,"message":"Transport unknown"})");
  }
}

TEST_F(HandshakeTest, UnknownSidIsRefused) {
  for (const char* sid : {"abc", "__proto__", "AAAAAAAAAAAAAAAAAAAAAA0", "AAAAAAAAAAAAAAAAAAAAAA1",
                          "AAAAAAAAAAAAAAAAAAAAAA2", "AAAAAAAAAAAAAAAAAAAAAA9999"}) {
    ExpectRefusal(Request("GET", "EIO=4&transport=polling&sid=" + std::string(sid)),
                  R"({"code":1,"message":"Session ID unknown"})");
  }
}

TEST_F(HandshakeTest, OtherMethodsBeginNoSession) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH"}) {
    ExpectRefusal(Request(method, "EIO=4&transport=polling"),
                  R"({"code":2,"message":"Bad handshake method"})");
  }
}

TEST_F(HandshakeTest, WebSocketTransportNeedsAnUpgradeRequest) {
  ExpectRefusal(Request("GET", "EIO=4&transport=websocket"), R"({"code":3,"message":"Bad request"})");
}

TEST_F(HandshakeTest, OtherVersionsAreRefused) {
  for (const char* version : {"5", "2", "abc", "", "44"}) {
    ExpectRefusal(Request("GET", "transport=polling&EIO=" + std::string(version)),
                  R"({"code":5,"message":"Unsupported protocol version"})");
  }
}

TEST_F(HandshakeTest, AnotherVersionThanTheSessionsIsRefused) {
  const std::string sid = SidIn(Request("GET", "EIO=4&transport=polling").body());
  for (const char* version : {"EIO=3&", "", "EIO=5&"}) {
    ExpectRefusal(Request("GET", version + ("transport=polling&sid=" + sid)),
                  R"({"code":3,"message":"Bad request"})");
  }
}

TEST_F(HandshakeTest, OtherMethodsDoNothingToASession) {
  const std::string sid = SidIn(Request("GET", "EIO=4&transport=polling").body());
  ExpectRefusal(Request("PUT", "EIO=4&transport=polling&sid=" + sid),
                R"({"code":3,"message":"Bad request"})");
}

TEST_F(HandshakeTest, RefusedUpgradeClosesTheConnection) {
  const std::pair<const char*, const char*> cases[] = {
      {"EIO=4&transport=abc", "Transport unknown"},
      {"EIO=4&transport=websocket&sid=abc", "Session ID unknown"},
      {"EIO=5&transport=websocket", "Unsupported protocol version"},
      {"EIO=4&transport=polling", "Bad request"},
  };
  for (const auto& [query, message] : cases) {
    LoopbackWebSocket client(server_.port(), "/socket.io/?" + std::string(query));
    EXPECT_EQ(client.status(), 400u);
    EXPECT_EQ(client.response()[http::field::connection], "close");
    EXPECT_EQ(client.response().body(), message);
    EXPECT_EQ(client.connection().ReadToEnd(), "");
  }
}

TEST_F(HandshakeTest, PreflightIsAnswered) {
  const Response response = Request("OPTIONS", "EIO=4&transport=polling",
                                    "Origin: https://a.example\r\nAccess-Control-Request-Method: POST\r\n"
                                    "Access-Control-Request-Headers: content-type\r\n");
  EXPECT_EQ(response.result(), http::status::no_content);
  EXPECT_EQ(response[http::field::access_control_allow_origin], "*");
  EXPECT_EQ(response[http::field::access_control_allow_headers], "content-type");
}

TEST_F(HandshakeTest, OtherOriginsMayReadRefusalsToo) {
  EXPECT_EQ(Request("GET", "EIO=4&transport=abc",
                    "Origin: https://a.example\r\n")[http::field::access_control_allow_origin],
            "*");
}

TEST_F(HandshakeTest, SetsNoCookieUnlessItIsNamed) {
  EXPECT_EQ(Request("GET", "EIO=4&transport=polling").count(http::field::set_cookie), 0u);
}

TEST(HandshakeCookieTest, HoldsTheSidAndIsSetByTheFirstAnswerOnly) {
  Options options;
  options.cookie = "io";
  EchoServer server(options);
  for (const char* query :
       {"EIO=4&transport=polling", "EIO=3&transport=polling", "EIO=4&transport=polling&j=0"}) {
    PollingClient client(server.port(), query);
    const Response response = client.Poll();
    EXPECT_EQ(response[http::field::set_cookie],
              "io=" + SidIn(response.body()) + "; Path=/; HttpOnly; SameSite=Lax");
  }
  PollingClient client(server.port(), "EIO=4&transport=polling");
  client.Handshake();
  client.Post("4hello");
  EXPECT_EQ(client.Poll().count(http::field::set_cookie), 0u);
}

}  // namespace
}  // namespace parley::engineio
