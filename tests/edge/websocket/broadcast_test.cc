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

TEST_P(BroadcastTest, SendsOneFrameToManyConnectionsOnSeveralWorkers) {
  // More on each worker than one batch takes.
  constexpr int kClients = 3 * WriteBatch::kMaxWrites + 30;
  constexpr int kMessages = 20;
  WebSocketServer server({}, Echo, 3);
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  std::vector<std::vector<std::shared_ptr<Connection>>> by_worker(3);
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<WebSocketClient>(server.port()));
    const auto socket = server.Next();
    by_worker.at(socket->worker->index()).push_back(socket->connection);
  }
  RefuseIoUring();
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

TEST_P(BroadcastTest, DoesNotLetOneClientThatReadsNothingHoldUpTheOthers) {
  Options options;
  options.max_queued_bytes = 500'000;
  WebSocketServer server(options, Echo, 1);
  const WebSocketClient deaf(server.port(), 4096);
  const auto deaf_socket = server.Next();
  WebSocketClient client(server.port());
  const auto socket = server.Next();
  WebSocketClient other(server.port());
  const auto other_socket = server.Next();
  RefuseIoUring();
  const SharedFrame frame = Frame::Text(std::string(100'000, 'x'));
  for (int i = 0; i < 200; ++i) {
    server.On(*socket, [&](Connection& connection) {
      deaf_socket->connection->Send(frame);
      connection.Send(frame);
      other_socket->connection->Send(frame);
    });
    EXPECT_EQ(client.Read().payload, frame->payload());
    EXPECT_EQ(other.Read().payload, frame->payload());
  }
  EXPECT_EQ(deaf_socket->AwaitClosed().kind, CloseReason::kSlowConsumer);
}

}  // namespace
}  // namespace parley::websocket
