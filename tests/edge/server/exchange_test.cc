#include "edge/server/exchange.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include "edge/server/pending_answer.h"
#include "tests/edge/server/loopback_client.h"
#include "tests/edge/server/loopback_server.h"

namespace parley::server {
namespace {

constexpr std::string_view kGet = "GET /first HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(ExchangeTest, SplitsTheTargetIntoDecodedPathAndRawQuery) {
  LoopbackServer loopback;
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    exchange->Respond(TextResponse(std::string(exchange->path()) + " and " + std::string(exchange->query())));
  };
  LoopbackClient client(loopback.port);
  client.Send("GET http://x/%41b?y=%41 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "/Ab and y=%41");
}

TEST(ExchangeTest, KnowsTheClientsAddress) {
  LoopbackServer loopback;
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    exchange->Respond(TextResponse(exchange->remote_address()));
  };
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  EXPECT_EQ(client.ReadResponse().body(), "127.0.0.1");
}

TEST(ExchangeTest, TellsAtOnceThatAParkedClientHasGone) {
  for (const bool reset : {false, true}) {
    std::promise<void> parked;
    std::promise<bool> aborted;
    LoopbackServer loopback;
    loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
      exchange->OnAborted([&aborted, exchange] {
        exchange->Respond(TextResponse("too late, and without effect"));
        aborted.set_value(exchange->aborted());
      });
      parked.set_value();
    };
    LoopbackClient client(loopback.port);
    client.Send(kGet);
    Await(parked.get_future());
    client.Close(reset);
    EXPECT_TRUE(Await(aborted.get_future()));
  }
}

TEST(ExchangeTest, NoticesAnAbortBehindMorePipelinedBytesThanItReads) {
  std::promise<void> parked;
  std::promise<void> aborted;
  LoopbackServer loopback;
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    exchange->OnAborted([&aborted, exchange] { aborted.set_value(); });
    parked.set_value();
  };
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  Await(parked.get_future());
  client.Send(std::string(100'000, 'x'));
  client.Close(true);
  Await(aborted.get_future());
}

TEST(ExchangeTest, TellsLateListenersOfAnAbortAtOnce) {
  std::promise<std::shared_ptr<Exchange>> parked;
  std::promise<void> aborted;
  LoopbackServer loopback;
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    exchange->OnAborted([&aborted] { aborted.set_value(); });
    parked.set_value(std::move(exchange));
  };
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  std::shared_ptr<Exchange> exchange = Await(parked.get_future());
  client.Close();
  Await(aborted.get_future());
  bool told = false;
  loopback.pool.RunOn(exchange->worker(), [&] {
    exchange->OnAborted([&] { told = true; });
    exchange.reset();
  });
  EXPECT_TRUE(told);
}

/// A client that has asked and closed its side, and the exchange, which is held.
class HalfClosedExchangeTest : public testing::Test {
 protected:
  HalfClosedExchangeTest() {
    std::promise<std::shared_ptr<Exchange>> held;
    loopback_.handler.handle = [&](std::shared_ptr<Exchange> asked) { held.set_value(std::move(asked)); };
    client_.Send(kGet);
    client_.CloseSending();
    exchange_ = Await(held.get_future());
  }

  /// Runs `body` on the exchange's worker.
  void OnWorker(const std::function<void()>& body) { loopback_.pool.RunOn(exchange_->worker(), body); }

  LoopbackServer loopback_;
  LoopbackClient client_{loopback_.port};
  std::shared_ptr<Exchange> exchange_;
};

TEST_F(HalfClosedExchangeTest, AnswersAClientThatWaits) {
  // Turns of the loop, in which it learns of the end, which has arrived by now.
  for (int turn = 0; turn < 3; ++turn) OnWorker([] {});
  OnWorker([&] {
    EXPECT_FALSE(exchange_->aborted());
    exchange_->Respond(TextResponse("answered"));
    exchange_.reset();
  });
  EXPECT_EQ(client_.ReadResponse().body(), "answered");
  EXPECT_EQ(client_.ReadToEnd(), "");
}

TEST_F(HalfClosedExchangeTest, TellsWhoAwaitsTheAbortLater) {
  std::promise<void> aborted;
  OnWorker([&] { exchange_->OnAborted([&aborted] { aborted.set_value(); }); });
  Await(aborted.get_future());
  OnWorker([&] { exchange_.reset(); });
}

TEST(ExchangeTest, IsNotAbortedByWhatAPatientClientPipelines) {
  std::promise<std::shared_ptr<Exchange>> parked;
  LoopbackServer loopback;
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    if (exchange->path() == "/second") {
      exchange->Respond(TextResponse("second"));
      return;
    }
    exchange->OnAborted([] { FAIL() << "nobody went away"; });
    parked.set_value(std::move(exchange));
  };
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  std::shared_ptr<Exchange> exchange = Await(parked.get_future());
  client.Send("GET /second HTTP/1.1\r\nHost: x\r\n\r\n");
  loopback.pool.RunOn(exchange->worker(), [&] {
    exchange->Respond(TextResponse("first"));
    exchange.reset();
  });
  EXPECT_EQ(client.ReadResponse().body(), "first");
  EXPECT_EQ(client.ReadResponse().body(), "second");
}

TEST(ExchangeTest, AnswersForAHandlerThatDropsIt) {
  LoopbackServer loopback;
  loopback.handler.handle = [](std::shared_ptr<Exchange>) {};
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  EXPECT_EQ(client.ReadResponse().result(), http::status::internal_server_error);
}

TEST(ExchangeTest, AnswersForAHandlerThatDropsItLater) {
  std::promise<std::shared_ptr<Exchange>> parked;
  LoopbackServer loopback;
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    parked.set_value(std::move(exchange));
  };
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  std::shared_ptr<Exchange> exchange = Await(parked.get_future());
  loopback.pool.RunOn(exchange->worker(), [&] { exchange.reset(); });
  EXPECT_EQ(client.ReadResponse().result(), http::status::internal_server_error);
}

TEST(ExchangeTest, AnswersForAHandlerThatThrows) {
  LoopbackServer loopback;
  loopback.handler.handle = [](std::shared_ptr<Exchange>) { throw std::runtime_error("a test's"); };
  for (int i = 0; i < 3; ++i) {
    LoopbackClient client(loopback.port);
    client.Send(kGet);
    EXPECT_EQ(client.ReadResponse().result(), http::status::internal_server_error);
  }
}

TEST(ExchangeTest, TakesTheFirstOfTwoAnswers) {
  LoopbackServer loopback;
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    exchange->Respond(TextResponse("one"));
    exchange->Respond(TextResponse("two"));
    EXPECT_EQ(exchange->AcceptWebSocket(nullptr, {}), nullptr);
  };
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  client.Send(kGet);
  EXPECT_EQ(client.ReadResponse().body(), "one");
  EXPECT_EQ(client.ReadResponse().body(), "one");
}

TEST(ExchangeTest, MayBeHeldByTheFunctionThatAwaitsItsAbort) {
  std::promise<std::weak_ptr<Exchange>> seen;
  LoopbackServer loopback;
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    exchange->OnAborted([exchange] {});
    exchange->Respond(TextResponse("done"));
    const std::weak_ptr<Exchange> observed = exchange;
    exchange.reset();
    seen.set_value(observed);
  };
  LoopbackClient client(loopback.port);
  client.Send(kGet);
  const std::weak_ptr<Exchange> exchange = Await(seen.get_future());
  EXPECT_EQ(client.ReadResponse().body(), "done");
  EXPECT_TRUE(exchange.expired());
}

}  // namespace
}  // namespace parley::server
