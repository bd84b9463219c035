#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/edge/websocket/websocket_client.h"
#include "tests/edge/websocket/websocket_server.h"

namespace parley::websocket {
namespace {

TEST(BroadcastTest, SendsOneFrameToManyConnectionsOnSeveralWorkers) {
  constexpr int kClients = 30;
  constexpr int kMessages = 200;
  WebSocketServer server({}, Echo, 3);
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  std::vector<std::vector<std::shared_ptr<Connection>>> by_worker(3);
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<WebSocketClient>(server.port()));
    const auto socket = server.Next();
    by_worker.at(socket->worker->index()).push_back(socket->connection);
  }
  for (int i = 0; i < kMessages; ++i) {
    const SharedFrame frame = Frame::Text(absl::StrCat("message ", i));
    for (std::size_t w = 0; w < by_worker.size(); ++w) {
      boost::asio::post(server.loopback.pool.at(w).executor(), [frame, &connections = by_worker[w]] {
        for (const auto& connection : connections) connection->Send(frame);
      });
    }
  }
  for (const auto& client : clients) {
    for (int i = 0; i < kMessages; ++i) ASSERT_EQ(client->Read().payload, absl::StrCat("message ", i));
  }
}

TEST(BroadcastTest, DoesNotLetOneClientThatReadsNothingHoldUpTheOthers) {
  Options options;
  options.max_queued_bytes = 500'000;
  WebSocketServer server(options, Echo, 1);
  const WebSocketClient deaf(server.port(), 4096);
  const auto deaf_socket = server.Next();
  WebSocketClient client(server.port());
  const auto socket = server.Next();
  const SharedFrame frame = Frame::Text(std::string(100'000, 'x'));
  for (int i = 0; i < 200; ++i) {
    server.On(*socket, [&](Connection& connection) {
      deaf_socket->connection->Send(frame);
      connection.Send(frame);
    });
    EXPECT_EQ(client.Read().payload, frame->payload());
  }
  EXPECT_EQ(deaf_socket->AwaitClosed().kind, CloseReason::kSlowConsumer);
}

}  // namespace
}  // namespace parley::websocket
