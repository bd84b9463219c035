#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/edge/websocket/websocket_client.h"
#include "tests/edge/websocket/websocket_server.h"
#include "tests/edge/websocket/without_io_uring.h"

namespace parley::websocket {
namespace {

/// Whether the kernel is to refuse io_uring.
class BroadcastTest : public testing::TestWithParam<bool> {
 protected:
  /// Once all clients have connected.
  void RefuseIoUring() {
    if (GetParam()) without_.emplace();
  }

 private:
  std::optional<WithoutIoUring> without_;
};

INSTANTIATE_TEST_SUITE_P(, BroadcastTest, testing::Bool(), [](const auto& param) {
  return param.param ? "WithoutIoUring" : "AsTheKernelGrants";
});

TEST_P(BroadcastTest, SendsManyFramesToManyConnectionsOnSeveralWorkers) {
  // More on each worker, and more for each of them, than one batch takes.
  constexpr int kClients = 3 * WriteBatch::kMaxWrites + 30;
  constexpr int kMessages = WriteBatch::kMaxBuffers + 8;
  constexpr int kRounds = 3;
  WebSocketServer server({}, Echo, 3);
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  std::vector<std::vector<std::shared_ptr<Connection>>> by_worker(3);
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<WebSocketClient>(server.port()));
    const auto socket = server.Next();
    by_worker.at(socket->worker->index()).push_back(socket->connection);
  }
  RefuseIoUring();
  for (int round = 0; round < kRounds; ++round) {
    std::vector<SharedFrame> frames;
    for (int i = 0; i < kMessages; ++i)
      frames.push_back(Frame::Text(absl::StrCat("message ", round, ".", i)));
    for (std::size_t w = 0; w < by_worker.size(); ++w) {
      boost::asio::post(server.loopback.pool.at(w).executor(), [frames, &connections = by_worker[w]] {
        for (const SharedFrame& frame : frames) {
          for (const auto& connection : connections) connection->Send(frame);
        }
      });
    }
  }
  for (const auto& client : clients) {
    for (int round = 0; round < kRounds; ++round) {
      for (int i = 0; i < kMessages; ++i) {
        ASSERT_EQ(client->Read().payload, absl::StrCat("message ", round, ".", i));
      }
    }
  }
}

/// Some clients of one worker, and their connections.
struct Audience {
  explicit Audience(std::size_t size, const Options& options = {}) : server(options, Echo, 1) {
    for (std::size_t i = 0; i < size; ++i) {
      clients.push_back(std::make_unique<WebSocketClient>(server.port()));
      sockets.push_back(server.Next());
      sockets.back()->AwaitOpen();
    }
  }

  WebSocketServer server;
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  std::vector<std::shared_ptr<FunctionWebSocket>> sockets;
};

TEST_P(BroadcastTest, DoesNotLetOneClientThatReadsNothingHoldUpTheOthers) {
  Options options;
  options.max_queued_bytes = 500'000;
  Audience others(3, options);
  const WebSocketClient deaf(others.server.port(), 4096);
  const auto deaf_socket = others.server.Next();
  RefuseIoUring();
  const SharedFrame frame = Frame::Text(std::string(100'000, 'x'));
  for (int i = 0; i < 200; ++i) {
    others.server.On(*deaf_socket, [&](Connection& connection) {
      connection.Send(frame);
      for (const auto& socket : others.sockets) socket->connection->Send(frame);
    });
    for (const auto& client : others.clients) EXPECT_EQ(client->Read().payload, frame->payload());
  }
  EXPECT_EQ(deaf_socket->AwaitClosed().kind, CloseReason::kSlowConsumer);
}

TEST_P(BroadcastTest, ReachesTheOthersWhenSomeEndMeanwhile) {
  Audience audience(6);
  const auto& clients = audience.clients;
  const auto& sockets = audience.sockets;
  RefuseIoUring();
  audience.server.On(*sockets[0], [&](Connection&) {
    for (const auto& socket : sockets) socket->connection->Send(Frame::Text("for all"));
    // As long as this runs, the server can't find out by reading.
    clients[0]->tcp().Close(true);
    sockets[1]->connection->Abort();
    sockets[2]->connection->Close(4000, "after it");
    sockets[3]->connection->Send(Frame::Text("one more"));
  });
  EXPECT_EQ(sockets[0]->AwaitClosed().kind, CloseReason::kTransportError);
  EXPECT_EQ(sockets[1]->AwaitClosed().kind, CloseReason::kAborted);
  EXPECT_EQ(clients[1]->tcp().ReadToEnd(), "");
  for (const std::size_t i : {2u, 3u, 4u, 5u}) EXPECT_EQ(clients[i]->Read().payload, "for all");
  EXPECT_EQ(clients[2]->ReadCloseCode(), 4000);
  EXPECT_EQ(clients[3]->Read().payload, "one more");
}

}  // namespace
}  // namespace parley::websocket
