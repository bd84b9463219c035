#include "edge/limits/admission.h"

#include <gtest/gtest.h>

#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "edge/server/tls_context.h"
#include "tests/edge/server/loopback_client.h"
#include "tests/edge/server/loopback_server.h"
#include "tests/edge/server/tls_client.h"

namespace parley::server {
namespace {

constexpr char kRequest[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::string UpgradeOf(const std::string& client) {
  return "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
         "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Forwarded-For: " +
         client + "\r\n\r\n";
}

/// Two connections from this address, or three in all, if it is a trusted proxy's.
limits::Admission::Options OptionsFor(bool behind_proxy) {
  limits::Admission::Options options;
  options.max_connections = 3;
  options.per_address.max_connections = 2;
  if (behind_proxy) options.trusted_proxies.Add("127.0.0.0/8");
  return options;
}

void ExpectRefused(LoopbackClient& client, int status) {
  const Response response = client.ReadResponse();
  EXPECT_EQ(response.result_int(), static_cast<unsigned>(status));
  EXPECT_EQ(response[http::field::retry_after], "5");
  EXPECT_EQ(nlohmann::json::parse(response.body()).at("code"), "TOO_MANY_CONNECTIONS");
  EXPECT_EQ(client.ReadToEnd(), "");
}

/// Until a place is free again: that a connection is over is known a little later.
void ExpectServedAtLast(std::uint16_t port) {
  for (;;) {
    LoopbackClient client(port);
    client.Send(kRequest);
    if (client.ReadResponse().result() == http::status::ok) return;
  }
}

class IgnoringHandler final : public websocket::Handler {
 public:
  void OnMessage(std::string_view, bool) override {}
  void OnClosed(websocket::CloseReason) override {}
};

TEST(AdmissionTest, TellsAConnectionThatItsAddressHasTooMany) {
  limits::Admission admission(OptionsFor(false));
  LoopbackServer loopback(2, {}, &admission);
  {
    LoopbackClient first(loopback.port);
    LoopbackClient second(loopback.port);
    for (LoopbackClient* client : {&first, &second}) {
      client->Send(kRequest);
      EXPECT_EQ(client->ReadResponse().result(), http::status::ok);
    }
    for (int attempt = 0; attempt < 3; ++attempt) {
      LoopbackClient third(loopback.port);
      third.Send(kRequest);
      ExpectRefused(third, 429);
    }
    first.Send(kRequest);
    EXPECT_EQ(first.ReadResponse().result(), http::status::ok) << "those who are in notice nothing";
  }
  ExpectServedAtLast(loopback.port);
}

TEST(AdmissionTest, TellsAConnectionThatTheServerIsFull) {
  limits::Admission admission(OptionsFor(true));
  LoopbackServer loopback(2, {}, &admission);
  LoopbackClient clients[] = {LoopbackClient(loopback.port), LoopbackClient(loopback.port),
                              LoopbackClient(loopback.port)};
  for (LoopbackClient& client : clients) {
    client.Send(kRequest);
    EXPECT_EQ(client.ReadResponse().result(), http::status::ok);
  }
  LoopbackClient fourth(loopback.port);
  fourth.Send(kRequest);
  ExpectRefused(fourth, 503);
}

/// A server whose place for one connection is taken, and which serves /probe beyond it.
class ReserveTest : public testing::Test {
 protected:
  static limits::Admission::Options ForOne() {
    limits::Admission::Options options;
    options.max_connections = 1;
    return options;
  }

  static Limits WithPatience(std::chrono::milliseconds patience) {
    Limits limits;
    limits.reserve_timeout = patience;
    return limits;
  }

  explicit ReserveTest(std::chrono::milliseconds patience = std::chrono::seconds(30))
      : admission_(ForOne()), loopback_(1, WithPatience(patience), &admission_) {
    loopback_.handler.serves_beyond_limits = [](const Request& header) {
      return header.target() == "/probe";
    };
    first_.Send(kRequest);
    first_.ReadResponse();
  }

  void ExpectProbed() {
    LoopbackClient client(loopback_.port);
    client.Send("GET /probe HTTP/1.1\r\nHost: x\r\n\r\n");
    const Response response = client.ReadResponse();
    EXPECT_EQ(response.body(), "GET /probe ");
    EXPECT_FALSE(response.keep_alive());
    EXPECT_EQ(client.ReadToEnd(), "");
  }

  /// As many as have a place in the reserve; each has sent this.
  static std::vector<std::unique_ptr<LoopbackClient>> FillReserve(std::uint16_t port, std::string_view sent) {
    std::vector<std::unique_ptr<LoopbackClient>> clients;
    for (std::size_t i = 0; i < limits::Admission::kReserve; ++i) {
      clients.push_back(std::make_unique<LoopbackClient>(port));
      clients.back()->Send(sent);
    }
    return clients;
  }

  limits::Admission admission_;
  LoopbackServer loopback_;
  LoopbackClient first_{loopback_.port};
};

class ImpatientReserveTest : public ReserveTest {
 protected:
  ImpatientReserveTest() : ReserveTest(std::chrono::milliseconds(100)) {}
};

TEST_F(ReserveTest, ServesBeyondTheLimitsWhatTheHandlerSays) {
  for (int i = 0; i < 3; ++i) ExpectProbed();
  for (const std::string_view request :
       {"GET /other HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /probe HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", "no request\r\n\r\n"}) {
    LoopbackClient client(loopback_.port);
    client.Send(request);
    ExpectRefused(client, 503);
  }
  first_.Send(kRequest);
  EXPECT_TRUE(first_.ReadResponse().keep_alive()) << "those who are in notice nothing";
}

TEST_F(ReserveTest, GivesAPlaceBackWhileItTellsSomebodyOfTheLimit) {
  const auto clients = FillReserve(loopback_.port, kRequest);
  for (const auto& client : clients) ExpectRefused(*client, 503);
  ExpectProbed();
}

TEST_F(ReserveTest, TurnsAwayUnheardThoseForWhomThereIsNoPlace) {
  const auto clients = FillReserve(loopback_.port, "");
  LoopbackClient unheard(loopback_.port);
  ExpectRefused(unheard, 503);
}

TEST_F(ImpatientReserveTest, HoldsNoPlaceForThoseWhoAskNothing) {
  const auto clients = FillReserve(loopback_.port, "GET /pro");
  for (const auto& client : clients) ExpectRefused(*client, 503);
  ExpectProbed();
}

/// The same for clients that speak TLS.
class TlsReserveTest : public ReserveTest {
 protected:
  const TestCertificate files_{"parley"};
  const std::uint16_t port_ = loopback_.server.Listen(
      "127.0.0.1", 0, std::make_shared<TlsContext>(files_.certificate_file(), files_.key_file()));
};

TEST_F(TlsReserveTest, ServesBeyondTheLimitsWhatTheHandlerSays) {
  TlsClient probe(port_);
  probe.Send("GET /probe HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(probe.ReadResponse().body(), "GET /probe ");
  EXPECT_EQ(probe.ReadToEnd(), "");
  TlsClient other(port_);
  other.Send(kRequest);
  EXPECT_EQ(other.ReadResponse().result(), http::status::service_unavailable);
  EXPECT_EQ(other.ReadToEnd(), "");
}

TEST_F(TlsReserveTest, ClosesConnectionsWithoutAWordWhenThereIsNoPlace) {
  const auto clients = FillReserve(port_, "");
  EXPECT_THROW(TlsClient{port_}, boost::system::system_error);
  first_.Send(kRequest);
  EXPECT_EQ(first_.ReadResponse().result(), http::status::ok);
}

TEST(AdmissionTest, KeepsAConnectionsPlaceWhenItMovesAndBecomesAWebSocket) {
  limits::Admission admission(OptionsFor(false));
  LoopbackServer loopback(2, {}, &admission);
  std::size_t moves = 0;
  loopback.handler.worker_for = [&](const Request&) { return moves++ % 2; };
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    if (exchange->is_upgrade()) {
      exchange->AcceptWebSocket(std::make_shared<IgnoringHandler>(), {});
    } else {
      exchange->Respond(TextResponse("fine"));
    }
  };
  {
    LoopbackClient first(loopback.port);
    LoopbackClient second(loopback.port);
    for (LoopbackClient* client : {&first, &second}) {
      for (int request = 0; request < 3; ++request) {
        client->Send(kRequest);
        EXPECT_EQ(client->ReadResponse().body(), "fine");
      }
      client->Send(UpgradeOf(""));
      EXPECT_TRUE(client->ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    }
    LoopbackClient third(loopback.port);
    third.Send(kRequest);
    ExpectRefused(third, 429);
  }
  ExpectServedAtLast(loopback.port);
}

TEST(AdmissionTest, BelievesAProxyNothingThatFollowsTheBody) {
  limits::Admission admission(OptionsFor(true));
  LoopbackServer loopback(2, {}, &admission);
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    exchange->Respond(TextResponse(exchange->remote_address()));
  };
  LoopbackClient client(loopback.port);
  client.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\nX-Forwarded-For: 192.0.2.99\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "192.0.2.1");
}

TEST(AdmissionTest, CountsAProxysWebSocketsForTheClientsBehindIt) {
  limits::Admission::Options options = OptionsFor(true);
  options.max_connections = 0;
  limits::Admission admission(options);
  LoopbackServer loopback(2, {}, &admission);
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    EXPECT_TRUE(exchange->remote_address().starts_with("192.0.2."));
    exchange->AcceptWebSocket(std::make_shared<IgnoringHandler>(), {});
  };
  const auto upgrade = [&](const std::string& client) {
    auto connection = std::make_unique<LoopbackClient>(loopback.port);
    connection->Send(UpgradeOf(client));
    return connection;
  };
  const std::string forged = "192.0.2.99, ";
  const auto first = upgrade(forged + "192.0.2.1");
  const auto second = upgrade("192.0.2.98, 192.0.2.1");
  for (const auto& client : {first.get(), second.get()})
    EXPECT_TRUE(client->ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  ExpectRefused(*upgrade("192.0.2.97, 192.0.2.1"), 429);
  EXPECT_TRUE(upgrade("192.0.2.2")->ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 101 "));
}

}  // namespace
}  // namespace parley::server
