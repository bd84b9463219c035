#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/edge/server/loopback_client.h"
#include "tests/edge/server/loopback_server.h"

namespace parley::server {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// A deadline that no passing test comes near.
std::chrono::steady_clock::time_point Late() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(30);
}

std::future<std::size_t> FinishRequests(LoopbackServer& loopback) {
  return std::async(std::launch::async, [&loopback] { return loopback.server.FinishRequests(Late()); });
}

TEST(LifecycleTest, RefusesToListenWhereSomebodyElseDoesAndSaysWhere) {
  LoopbackServer loopback;
  try {
    loopback.server.Listen("127.0.0.1", loopback.port);
    FAIL() << "two listeners on one port";
  } catch (const boost::system::system_error& e) {
    EXPECT_NE(std::string(e.what()).find("127.0.0.1:" + std::to_string(loopback.port)), std::string::npos);
  }
}

TEST(LifecycleTest, ListensOnAPortAgainAtOnce) {
  std::uint16_t port;
  {
    LoopbackServer loopback;
    port = loopback.port;
    LoopbackClient client(port);
    client.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    client.ReadToEnd();
  }
  LoopbackServer loopback;
  EXPECT_EQ(loopback.server.Listen("127.0.0.1", port), port);
}

TEST(LifecycleTest, ListensOnSeveralPorts) {
  LoopbackServer loopback;
  LoopbackClient client(loopback.server.Listen("0.0.0.0", 0));
  client.Send(kGet);
  EXPECT_EQ(client.ReadResponse().result(), http::status::ok);
}

TEST(LifecycleTest, RefusesConnectionsOnceItHasStoppedAcceptingAndServesTheOpenOnesOnceMore) {
  LoopbackServer loopback;
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  EXPECT_TRUE(client.ReadResponse().keep_alive());
  loopback.server.StopAccepting();
  EXPECT_THROW(LoopbackClient late(loopback.port), std::system_error);
  client.Send(kGet);
  EXPECT_FALSE(client.ReadResponse().keep_alive());
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(LifecycleTest, KeepsConnectionsWhoseClientsCanGoNowhereElseUntilItFinishes) {
  LoopbackServer loopback;
  loopback.handler.worker_for = [](const Request&) { return 1; };
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  EXPECT_TRUE(client.ReadResponse().keep_alive());
  loopback.server.StopAccepting();
  client.Send(kGet);
  EXPECT_TRUE(client.ReadResponse().keep_alive());
  EXPECT_EQ(loopback.server.FinishRequests(Late()), 0u);
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(LifecycleTest, ClosesIdleConnectionsWhenItFinishesAndAnswersRequestsThatHaveBegun) {
  LoopbackServer loopback;
  std::promise<std::shared_ptr<Exchange>> parked;
  loopback.handler.worker_for = [](const Request&) { return 1; };
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    if (exchange->path() == "/parked") {
      parked.set_value(std::move(exchange));
    } else {
      exchange->Respond(TextResponse(exchange->request().body()));
    }
  };
  LoopbackClient silent(loopback.port);
  LoopbackClient kept(loopback.port);
  LoopbackClient within_header(loopback.port);
  LoopbackClient within_body(loopback.port);
  for (LoopbackClient* client : {&kept, &within_header, &within_body}) {
    client->Send(kGet);
    client->ReadResponse();
  }
  within_header.Send("GET / HT");
  within_body.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nabc");
  LoopbackClient waiting(loopback.port);
  waiting.Send("GET /parked HTTP/1.1\r\nHost: x\r\n\r\n");
  std::shared_ptr<Exchange> exchange = Await(parked.get_future());

  std::future<std::size_t> finished = FinishRequests(loopback);
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(kept.ReadToEnd(), "");
  within_header.Send("TP/1.1\r\nHost: x\r\n\r\n");
  within_body.Send("defg");
  Worker& worker = exchange->worker();
  boost::asio::post(worker.executor(), [exchange = std::move(exchange)]() mutable {
    exchange->Respond(TextResponse("at last"));
    exchange.reset();
  });
  for (const auto& [client, body] :
       {std::pair(&within_header, ""), std::pair(&within_body, "abcdefg"), std::pair(&waiting, "at last")}) {
    const Response response = client->ReadResponse();
    EXPECT_EQ(response.body(), body);
    EXPECT_FALSE(response.keep_alive());
    EXPECT_EQ(client->ReadToEnd(), "");
    client->Close();
  }
  EXPECT_EQ(Await(std::move(finished)), 0u);
}

TEST(LifecycleTest, ClosesAConnectionThatItHadPromisedToKeepWhenItFinishesMeanwhile) {
  LoopbackServer loopback;
  const std::string big(8'000'000, 'x');
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) { exchange->Respond(TextResponse(big)); };
  LoopbackClient client(loopback.port, 32'768);
  client.Send(kGet);
  const std::string header = client.ReadUntil("\r\n\r\n");
  EXPECT_EQ(header.find("Connection: close"), std::string::npos);
  std::future<std::size_t> finished = FinishRequests(loopback);
  client.Read(big.size());
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_EQ(Await(std::move(finished)), 0u);
}

TEST(LifecycleTest, TellsHowManyRequestsAreNotFinishedInTimeAndCutsThemOff) {
  LoopbackServer loopback;
  std::promise<void> parked;
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    exchange->OnAborted([exchange] {});
    parked.set_value();
  };
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  Await(parked.get_future());
  EXPECT_EQ(loopback.server.FinishRequests(std::chrono::steady_clock::now()), 1u);
  loopback.server.Close();
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(LifecycleTest, ClosesEveryConnectionAndTellsParkedExchangesBeforeCloseReturns) {
  std::atomic<int> parked = 0;
  std::atomic<int> aborted = 0;
  std::promise<void> all_parked;
  LoopbackServer loopback(3);
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    exchange->OnAborted([&aborted, exchange] { ++aborted; });
    if (++parked == 12) all_parked.set_value();
  };
  std::vector<std::unique_ptr<LoopbackClient>> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(std::make_unique<LoopbackClient>(loopback.port));
    clients.back()->Send(kGet);
  }
  const LoopbackClient silent(loopback.port);
  LoopbackClient halfway(loopback.port);
  halfway.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nabc");
  Await(all_parked.get_future());
  loopback.server.Close();
  EXPECT_EQ(aborted, 12);
  EXPECT_EQ(loopback.server.open_connections(), 0u);
  for (const auto& client : clients) EXPECT_EQ(client->ReadToEnd(), "");
}

TEST(LifecycleTest, ClosesTwiceAndAfterThePoolHasStopped) {
  LoopbackServer loopback;
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  client.ReadResponse();
  loopback.pool.Stop();
  loopback.server.Close();
  loopback.server.Close();
}

TEST(LifecycleTest, LeaksNothingWhenThePoolStopsUnderOpenConnections) {
  std::promise<void> parked;
  std::weak_ptr<Exchange> seen;
  std::unique_ptr<LoopbackClient> client;
  {
    LoopbackServer loopback;
    loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
      exchange->OnAborted([exchange] { FAIL() << "the loop does not run any more"; });
      seen = exchange;
      exchange.reset();
      parked.set_value();
    };
    client = std::make_unique<LoopbackClient>(loopback.port);
    client->Send(kGet);
    Await(parked.get_future());
    loopback.pool.Stop();
  }
  EXPECT_TRUE(seen.expired());
  EXPECT_EQ(client->ReadToEnd(), "");
}

TEST(LifecycleTest, ForgetsConnectionsThatTheirClientsClosed) {
  std::promise<void> aborted;
  std::atomic<int> left = 20;
  LoopbackServer loopback;
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    exchange->OnAborted([&left, &aborted, exchange] {
      if (--left == 0) aborted.set_value();
    });
  };
  {
    std::vector<std::unique_ptr<LoopbackClient>> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(std::make_unique<LoopbackClient>(loopback.port));
      clients.back()->Send(kGet);
    }
  }
  Await(aborted.get_future());
  loopback.server.Close();
  EXPECT_EQ(loopback.server.open_connections(), 0u);
}

TEST(LifecycleTest, ServesOnWithoutDescriptorsAndAcceptsAgainWhenThereAreSome) {
#ifdef PARLEY_UBSAN
  GTEST_SKIP() << "UndefinedBehaviorSanitizer needs descriptors itself to look at memory";
#endif
  LoopbackServer loopback(1);
  LoopbackClient first(loopback.port);
  first.Send(kGet);
  first.ReadResponse();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  // The limit is one past the highest descriptor that may be opened: the client gets that one, the server
  // none.
  const int next = fcntl(0, F_DUPFD, 0);
  ASSERT_GE(next, 0);
  close(next);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  LoopbackClient second(loopback.port);
  second.Send(kGet);
  for (int i = 0; i < 20; ++i) {
    first.Send(kGet);
    EXPECT_EQ(first.ReadResponse().result(), http::status::ok);
  }
  EXPECT_EQ(loopback.server.open_connections(), 1u);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(second.ReadResponse().result(), http::status::ok);
}

}  // namespace
}  // namespace parley::server
