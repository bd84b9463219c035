#include "edge/limits/admission.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/edge/engineio/echo_server.h"
#include "tests/edge/engineio/loopback_websocket.h"

namespace parley::engineio {
namespace {

namespace http = server::http;

constexpr char kPolling[] = "EIO=4&transport=polling";
constexpr char kWebSocket[] = "/socket.io/?EIO=4&transport=websocket";

class AdmissionTest : public testing::Test {
 protected:
  explicit AdmissionTest(const limits::Admission::Options& options) : admission_(options) {}

  server::Response Handshake() {
    server::LoopbackClient client(server_.port());
    client.Send("GET /socket.io/?" + std::string(kPolling) +
                " HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\n\r\n");
    return client.ReadResponse();
  }

  static void ExpectRefusal(const server::Response& response, unsigned status, const std::string& code) {
    EXPECT_EQ(response.result_int(), status);
    EXPECT_NE(response[http::field::retry_after], "");
    EXPECT_EQ(response[http::field::access_control_allow_origin], "*");
    EXPECT_EQ(nlohmann::json::parse(response.body()).at("code"), code);
  }

  limits::Admission admission_;
  EchoServer server_{[this] {
    Options options;
    options.admission = &admission_;
    return options;
  }()};
};

class HandshakeRateTest : public AdmissionTest {
 protected:
  HandshakeRateTest()
      : AdmissionTest(
            {.per_address = {.handshakes = {.per_second = 0.001, .burst = 2}}, .trusted_proxies = {}}) {}
};

TEST_F(HandshakeRateTest, RefusesSessionsOverItAndLeavesTheOthersAlone) {
  PollingClient polling(server_.port(), kPolling);
  polling.Handshake();
  LoopbackWebSocket websocket(server_.port(), kWebSocket);
  EXPECT_EQ(websocket.Receive().substr(0, 1), "0");

  for (int attempt = 0; attempt < 3; ++attempt) {
    ExpectRefusal(Handshake(), 429, "TOO_MANY_HANDSHAKES");
    EXPECT_EQ(LoopbackWebSocket(server_.port(), kWebSocket).status(), 429u);
  }

  websocket.Send("4hello");
  EXPECT_EQ(websocket.Receive(), "4hello");
  EXPECT_EQ(polling.Post("4hello").body(), "ok");
  EXPECT_EQ(polling.Poll().body(), "4hello");
  LoopbackWebSocket upgrade(server_.port(), kWebSocket + ("&sid=" + polling.sid()));
  upgrade.Send("2probe");
  EXPECT_EQ(upgrade.Receive(), "3probe") << "a session's other requests are no handshakes";
}

class PollingSessionsTest : public AdmissionTest {
 protected:
  PollingSessionsTest()
      : AdmissionTest({.max_polling_sessions = 1, .per_address = {}, .trusted_proxies = {}}) {}
};

TEST_F(PollingSessionsTest, AreLimitedUntilOneIsOver) {
  PollingClient polling(server_.port(), kPolling);
  polling.Handshake();
  ExpectRefusal(Handshake(), 503, "TOO_MANY_SESSIONS");
  EXPECT_EQ(LoopbackWebSocket(server_.port(), kWebSocket).status(), 101u);
  EXPECT_EQ(polling.Post("1").body(), "ok");
  EXPECT_EQ(Handshake().result(), http::status::ok);
}

TEST_F(PollingSessionsTest, AreNoneAnyMoreOnceTheyHaveUpgraded) {
  PollingClient polling(server_.port(), kPolling);
  polling.Handshake();
  LoopbackWebSocket upgrade(server_.port(), kWebSocket + ("&sid=" + polling.sid()));
  upgrade.Send("2probe");
  EXPECT_EQ(upgrade.Receive(), "3probe");
  ExpectRefusal(Handshake(), 503, "TOO_MANY_SESSIONS");
  upgrade.Send("5");
  upgrade.Send("4hello");
  EXPECT_EQ(upgrade.Receive(), "4hello");
  EXPECT_EQ(Handshake().result(), http::status::ok);
}

class PollingSessionsPerAddressTest : public AdmissionTest {
 protected:
  PollingSessionsPerAddressTest()
      : AdmissionTest({.per_address = {.max_polling_sessions = 1, .handshakes = {}}, .trusted_proxies = {}}) {
  }
};

TEST_F(PollingSessionsPerAddressTest, AreLimitedUntilOneIsOver) {
  PollingClient polling(server_.port(), kPolling);
  polling.Handshake();
  ExpectRefusal(Handshake(), 429, "TOO_MANY_SESSIONS");
  EXPECT_EQ(LoopbackWebSocket(server_.port(), kWebSocket).status(), 101u);
  EXPECT_EQ(polling.Post("1").body(), "ok");
  EXPECT_EQ(Handshake().result(), http::status::ok);
}

}  // namespace
}  // namespace parley::engineio
