#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/edge/server/loopback_client.h"
#include "tests/edge/server/loopback_server.h"

namespace parley::server {
namespace {

/// Four workers; a path that is a number names the worker that must serve it.
class MigrationTest : public testing::Test {
 protected:
  MigrationTest() : loopback_(4) {
    loopback_.handler.worker_for = [](const Request& request) -> std::optional<std::size_t> {
      if (request.target() == "/any") return std::nullopt;
      return std::stoul(std::string(request.target().substr(1)));
    };
    loopback_.handler.handle = [](std::shared_ptr<Exchange> exchange) {
      EXPECT_TRUE(exchange->worker().IsCurrent());
      exchange->Respond(
          TextResponse(std::to_string(exchange->worker().index()) + exchange->request().body()));
    };
  }

  static std::string Post(const std::string& worker, const std::string& body) {
    return absl::StrCat("POST /", worker, " HTTP/1.1\r\nHost: x\r\nContent-Length: ", body.size(), "\r\n\r\n",
                        body);
  }

  LoopbackServer loopback_;
};

TEST_F(MigrationTest, ServesARequestOnTheWorkerThatTheHandlerNames) {
  LoopbackClient client(loopback_.port);
  for (const std::string worker : {"3", "0", "2", "2", "1"}) {
    client.Send(Post(worker, " body"));
    EXPECT_EQ(client.ReadResponse().body(), absl::StrCat(worker, " body"));
  }
  EXPECT_EQ(loopback_.server.open_connections(), 1u);
}

TEST_F(MigrationTest, StaysWhereItIsOtherwise) {
  LoopbackClient client(loopback_.port);
  client.Send(Post("2", "") + Post("any", ""));
  EXPECT_EQ(client.ReadResponse().body(), "2");
  EXPECT_EQ(client.ReadResponse().body(), "2");
}

TEST_F(MigrationTest, TakesAlongWhatWasReadOfPipelinedRequests) {
  LoopbackClient client(loopback_.port);
  std::string requests;
  for (int i = 0; i < 40; ++i) requests += Post(absl::StrCat(i * 7 % 4), absl::StrCat("#", i));
  client.Send(requests);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(client.ReadResponse().body(), absl::StrCat(i * 7 % 4, "#", i));
  }
}

TEST_F(MigrationTest, NoticesAnAbortOnTheNewWorker) {
  std::promise<void> parked;
  std::promise<void> aborted;
  loopback_.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    exchange->OnAborted([&aborted, exchange] { aborted.set_value(); });
    parked.set_value();
  };
  LoopbackClient client(loopback_.port);
  client.Send(Post("3", ""));
  Await(parked.get_future());
  client.Close();
  Await(aborted.get_future());
}

TEST_F(MigrationTest, IgnoresAWorkerThatDoesNotExist) {
  LoopbackClient client(loopback_.port);
  client.Send(Post("4", ""));
  EXPECT_EQ(client.ReadResponse().result(), http::status::ok);
}

TEST_F(MigrationTest, HoldsForManyConnectionsAtOnce) {
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([this, c] {
      for (int connection = 0; connection < 5; ++connection) {
        LoopbackClient client(loopback_.port);
        for (int i = 0; i < 50; ++i) {
          const std::string worker = std::to_string((c + i) % 4);
          client.Send(Post(worker, "x"));
          EXPECT_EQ(client.ReadResponse().body(), absl::StrCat(worker, "x"));
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace parley::server
