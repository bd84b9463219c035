#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "edge/server/tls_context.h"
#include "tests/edge/server/loopback_client.h"
#include "tests/edge/server/loopback_server.h"
#include "tests/edge/server/tls_client.h"

namespace parley::server {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

Limits ShortHeaderTimeout() {
  Limits limits;
  limits.header_timeout = std::chrono::milliseconds(100);
  return limits;
}

class TlsTunnelTest : public testing::Test {
 protected:
  explicit TlsTunnelTest(Limits limits = {}) : loopback_(3, limits) {
    port_ = loopback_.server.Listen(
        "127.0.0.1", 0, std::make_shared<TlsContext>(files_.certificate_file(), files_.key_file()));
  }

  static std::string Post(std::string_view target, const std::string& body) {
    return absl::StrCat("POST ", std::string(target), " HTTP/1.1\r\nHost: x\r\nContent-Length: ", body.size(),
                        "\r\n\r\n", body);
  }

  const TestCertificate files_{"parley"};
  LoopbackServer loopback_;
  std::uint16_t port_ = 0;
};

class TlsHandshakeTimeoutTest : public TlsTunnelTest {
 protected:
  TlsHandshakeTimeoutTest() : TlsTunnelTest(ShortHeaderTimeout()) {}
};

TEST_F(TlsTunnelTest, TellsTheHandlerWhoTheClientIsAndThatItIsSecure) {
  loopback_.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    exchange->Respond(TextResponse(exchange->remote_address() + (exchange->secure() ? " secure" : " open")));
  };
  TlsClient client(port_);
  client.Send(kGet);
  EXPECT_EQ(client.ReadResponse().body(), "127.0.0.1 secure");
  LoopbackClient plain(loopback_.port);
  plain.Send(kGet);
  EXPECT_EQ(plain.ReadResponse().body(), "127.0.0.1 open");
}

TEST_F(TlsTunnelTest, AgreesOnHttp11AndRefusesClientsThatSpeakSomethingElse) {
  EXPECT_EQ(TlsClient(port_, {"h2", "http/1.1"}).protocol(), "http/1.1");
  EXPECT_EQ(TlsClient(port_).protocol(), "");
  EXPECT_THROW(TlsClient(port_, {"h2"}), boost::system::system_error);
}

TEST_F(TlsTunnelTest, FollowsItsConnectionToEveryWorker) {
  loopback_.handler.worker_for = [](const Request& request) {
    return std::stoul(std::string(request.target().substr(1)));
  };
  loopback_.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    exchange->Respond(TextResponse(absl::StrCat(
        exchange->worker().index(), exchange->secure() ? " secure" : "", exchange->remote_address())));
  };
  TlsClient client(port_);
  for (const std::string worker : {"2", "0", "1", "1", "2"}) {
    client.Send(Post("/" + worker, "x"));
    EXPECT_EQ(client.ReadResponse().body(), worker + " secure127.0.0.1");
  }
  EXPECT_EQ(loopback_.server.open_connections(), 1u);
}

TEST_F(TlsTunnelTest, CarriesMoreThanAnyBufferHoldsBothWaysAtOnce) {
  loopback_.handler.max_body_bytes = [](const Request&) { return 4'000'000; };
  std::string body;
  for (int i = 0; body.size() < 2'000'000; ++i) absl::StrAppend(&body, i, ",");
  std::vector<std::thread> clients;
  for (int c = 0; c < 3; ++c) {
    clients.emplace_back([&] {
      TlsClient client(port_);
      // Most of the first answer has to wait until the client reads, which is when it has written all.
      client.Send(Post("/a", body) + Post("/b", ""));
      EXPECT_TRUE(client.ReadResponse().body() == "POST /a " + body);
      EXPECT_EQ(client.ReadResponse().body(), "POST /b ");
    });
  }
  for (std::thread& client : clients) client.join();
}

TEST_F(TlsTunnelTest, StopsReadingFromAClientWhoseRequestIsNotAnswered) {
  constexpr std::size_t kMoreThanTheKernelBuffers = 20'000'000;
  std::promise<std::shared_ptr<Exchange>> parked;
  loopback_.handler.max_body_bytes = [](const Request&) { return kMoreThanTheKernelBuffers; };
  loopback_.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    if (exchange->path() == "/parked") return parked.set_value(std::move(exchange));
    exchange->Respond(TextResponse(std::to_string(exchange->request().body().size())));
  };
  TlsClient client(port_);
  client.Send(Post("/parked", ""));
  const std::shared_ptr<Exchange> exchange = Await(parked.get_future());
  std::future<void> sent = std::async(std::launch::async, [&client] {
    client.Send(Post("/next", std::string(kMoreThanTheKernelBuffers, 'x')));
  });
  EXPECT_EQ(sent.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  boost::asio::post(exchange->worker().executor(), [exchange] { exchange->Respond(TextResponse("answer")); });
  Await(std::move(sent));
  EXPECT_EQ(client.ReadResponse().body(), "answer");
  EXPECT_EQ(client.ReadResponse().body(), std::to_string(kMoreThanTheKernelBuffers));
}

TEST_F(TlsTunnelTest, LetsTheClientReadTheAnswerThatEndsTheConnectionAndSaysThatItIsAll) {
  loopback_.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    Response response = TextResponse(std::string(1'000'000, 'x'));
    response.keep_alive(false);
    exchange->Respond(std::move(response));
  };
  TlsClient client(port_);
  client.Send(kGet);
  EXPECT_EQ(client.ReadResponse().body().size(), 1'000'000u);
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(TlsTunnelTest, NoticesAtOnceThatAClientIsGone) {
  for (const bool reset : {false, true}) {
    std::promise<void> parked;
    std::promise<void> aborted;
    loopback_.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
      exchange->OnAborted([&aborted, exchange] { aborted.set_value(); });
      parked.set_value();
    };
    TlsClient client(port_);
    client.Send(kGet);
    Await(parked.get_future());
    client.Cut(reset);
    Await(aborted.get_future());
  }
}

TEST_F(TlsTunnelTest, EndsWithTheServerWhateverItsState) {
  std::promise<void> parked;
  loopback_.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    exchange->OnAborted([exchange] {});
    parked.set_value();
  };
  LoopbackClient silent(port_);
  LoopbackClient halfway(port_);
  halfway.Send("\x16\x03\x01\x02");
  TlsClient idle(port_);
  TlsClient waiting(port_);
  waiting.Send(kGet);
  Await(parked.get_future());
  loopback_.server.Close();
  EXPECT_EQ(loopback_.server.open_connections(), 0u);
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(halfway.ReadToEnd(), "");
  EXPECT_THROW(waiting.ReadResponse(), boost::system::system_error);
}

TEST_F(TlsTunnelTest, EndsWithAPoolThatStopsUnderIt) {
  TlsClient idle(port_);
  idle.Send(kGet);
  idle.ReadResponse();
  LoopbackClient silent(port_);
  loopback_.pool.Stop();
}

TEST_F(TlsTunnelTest, ClosesWhenAClientSpeaksPlainHttpOrRubbish) {
  for (const std::string_view bytes : {kGet, std::string_view("\x16\x03\x01\xff\xff garbage"),
                                       std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0", 12)}) {
    LoopbackClient client(port_);
    client.Send(bytes);
    EXPECT_EQ(client.ReadToEnd().find("HTTP"), std::string::npos);
  }
  TlsClient client(port_);
  client.Send(kGet);
  EXPECT_EQ(client.ReadResponse().result(), http::status::ok);
}

TEST_F(TlsHandshakeTimeoutTest, ClosesWhenTheHandshakeTakesTooLong) {
  LoopbackClient silent(port_);
  LoopbackClient halfway(port_);
  halfway.Send("\x16\x03\x01\x02");
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(halfway.ReadToEnd(), "");
}

}  // namespace
}  // namespace parley::server
