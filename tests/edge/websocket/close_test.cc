#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "tests/edge/websocket/websocket_client.h"
#include "tests/edge/websocket/websocket_server.h"

namespace parley::websocket {
namespace {

using std::chrono::milliseconds;

Options PatientOptions() {
  Options options;
  options.close_timeout = std::chrono::hours(1);
  return options;
}

Options ImpatientOptions() {
  Options options;
  options.close_timeout = milliseconds(100);
  return options;
}

TEST(CloseTest, AnswersThePeersCloseFrameAndTellsItsCode) {
  WebSocketServer server(PatientOptions());
  WebSocketClient client(server.port());
  client.Send(kClose, ClosePayload(4321, "had enough"));
  EXPECT_EQ(client.ReadCloseCode(), 4321);
  EXPECT_EQ(client.tcp().ReadToEnd(), "");
  const CloseReason reason = server.Next()->AwaitClosed();
  EXPECT_EQ(reason.kind, CloseReason::kPeerClosed);
  EXPECT_EQ(reason.code, 4321);
  EXPECT_EQ(reason.text, "had enough");
}

TEST(CloseTest, TellsACloseFrameWithoutACode) {
  WebSocketServer server(PatientOptions());
  WebSocketClient client(server.port());
  client.Send(kClose, "");
  EXPECT_EQ(server.Next()->AwaitClosed().code, 1005);
}

TEST(CloseTest, SendsWhatIsQueuedBeforeItAnswersAClose) {
  WebSocketServer server(PatientOptions());
  WebSocketClient client(server.port());
  client.tcp().Send(ClientFrame(kText, "last words") + ClientFrame(kClose, ClosePayload(1000)));
  EXPECT_EQ(client.Read().payload, "last words");
  EXPECT_EQ(client.ReadCloseCode(), 1000);
}

TEST(CloseTest, TellsAConnectionThatEndsWithoutACloseFrame) {
  for (const bool reset : {false, true}) {
    WebSocketServer server(PatientOptions());
    WebSocketClient client(server.port());
    client.Send(kText, "unfinished", {.fin = false});
    const auto socket = server.Next();
    socket->AwaitOpen();
    client.tcp().Close(reset);
    EXPECT_EQ(socket->AwaitClosed().kind, CloseReason::kTransportError);
  }
}

TEST(CloseTest, ClosesAfterWhatIsQueuedAndAwaitsThePeersAnswer) {
  WebSocketServer server(PatientOptions());
  WebSocketClient client(server.port());
  const auto socket = server.Next();
  server.On(*socket, [](Connection& connection) {
    connection.Send(Frame::Text("farewell"));
    connection.Close(4000, "shutting down");
    connection.Send(Frame::Text("dropped"));
    connection.Close(4001, "ignored");
  });
  EXPECT_EQ(client.Read().payload, "farewell");
  const WebSocketClient::Received close = client.Read();
  EXPECT_EQ(close.payload, ClosePayload(4000, "shutting down"));
  client.Send(kText, "not heard any more");
  client.Send(kPing, "not answered any more");
  client.Send(kClose, ClosePayload(4000));
  EXPECT_EQ(client.tcp().ReadToEnd(), "");
  const CloseReason reason = socket->AwaitClosed();
  EXPECT_EQ(reason.kind, CloseReason::kClosed);
  EXPECT_EQ(reason.code, 4000);
}

TEST(CloseTest, DoesNotWaitForeverForThePeersAnswer) {
  WebSocketServer server(ImpatientOptions());
  WebSocketClient client(server.port());
  const auto socket = server.Next();
  server.On(*socket, [](Connection& connection) { connection.Close(1001, ""); });
  EXPECT_EQ(socket->AwaitClosed().kind, CloseReason::kClosed);
  EXPECT_EQ(client.ReadCloseCode(), 1001);
  EXPECT_EQ(client.tcp().ReadToEnd(), "");
}

TEST(CloseTest, DoesNotWaitForeverForThePeerToCloseItsSide) {
  WebSocketServer server(ImpatientOptions());
  WebSocketClient client(server.port());
  client.Send(kClose, ClosePayload(1000));
  EXPECT_EQ(client.ReadCloseCode(), 1000);
  EXPECT_EQ(client.tcp().ReadToEnd(), "");
  // What else it sends goes nowhere, and at last is refused.
  while (server.loopback.server.open_connections() > 0) client.tcp().SendUntilRefused("x");
}

TEST(CloseTest, TellsOfItsOwnAbortOnlyAfterTheCallHasReturned) {
  WebSocketServer server(PatientOptions());
  WebSocketClient client(server.port());
  const auto socket = server.Next();
  bool returned = false;
  std::promise<bool> told_after_return;
  class Watcher : public Handler {
   public:
    Watcher(bool& returned, std::promise<bool>& told) : returned_(returned), told_(told) {}
    void OnMessage(std::string_view, bool) override {}
    void OnClosed(CloseReason reason) override {
      EXPECT_EQ(reason.kind, CloseReason::kAborted);
      told_.set_value(returned_);
    }

   private:
    bool& returned_;
    std::promise<bool>& told_;
  };
  const auto watcher = std::make_shared<Watcher>(returned, told_after_return);
  server.loopback.handler.handle = [&](std::shared_ptr<server::Exchange> exchange) {
    const auto connection = exchange->AcceptWebSocket(watcher, {});
    connection->Abort();
    connection->Abort();
    connection->Send(Frame::Text("dropped"));
    connection->Close(1000, "");
    returned = true;
  };
  server::LoopbackClient second(server.port());
  second.Send(UpgradeRequestFor("/"));
  EXPECT_TRUE(server::Await(told_after_return.get_future()));
  EXPECT_EQ(second.ReadToEnd(), "");
}

TEST(CloseTest, AbortsWithWhatIsQueued) {
  WebSocketServer server(PatientOptions());
  WebSocketClient client(server.port());
  const auto socket = server.Next();
  socket->AwaitOpen();
  server.On(*socket, [](Connection& connection) {
    connection.Send(Frame::Text("never leaves"));
    EXPECT_GT(connection.queued_bytes(), 0u);
    connection.Abort();
    EXPECT_EQ(connection.queued_bytes(), 0u);
  });
  EXPECT_EQ(socket->AwaitClosed().kind, CloseReason::kAborted);
  EXPECT_EQ(client.tcp().ReadToEnd(), "");
}

TEST(CloseTest, ClosesASlowConsumerWithAReason) {
  Options options = ImpatientOptions();
  options.max_queued_bytes = 200'000;
  WebSocketServer server(options);
  WebSocketClient client(server.port(), 4096);
  const auto socket = server.Next();
  socket->AwaitOpen();
  const SharedFrame frame = Frame::Text(std::string(50'000, 'x'));
  // Far more than the kernel takes.
  for (int i = 0; i < 1000; ++i) {
    server.On(*socket, [&](Connection& connection) {
      connection.Send(frame);
      EXPECT_LE(connection.queued_bytes(), options.max_queued_bytes + 200);
    });
  }
  const CloseReason reason = socket->AwaitClosed();
  EXPECT_EQ(reason.kind, CloseReason::kSlowConsumer);
  EXPECT_EQ(reason.code, 1013);
}

TEST(CloseTest, TellsASlowConsumerWhyOnceItReads) {
  Options options = PatientOptions();
  options.max_queued_bytes = 3'000'000;
  WebSocketServer server(options);
  WebSocketClient client(server.port(), 4096);
  const auto socket = server.Next();
  socket->AwaitOpen();
  const SharedFrame frame = Frame::Text(std::string(2'000'000, 'x'));
  // Two do not fit at once.
  server.On(*socket, [&](Connection& connection) { connection.Send(frame); });
  server.On(*socket, [&](Connection& connection) {
    connection.Send(frame);
    connection.Send(frame);
    connection.Send(frame);
  });
  EXPECT_EQ(socket->AwaitClosed().kind, CloseReason::kSlowConsumer);
  WebSocketClient::Received received = client.Read();
  while (received.opcode == kText) {
    EXPECT_EQ(received.payload, frame->payload());
    received = client.Read();
  }
  EXPECT_EQ(received.payload, ClosePayload(1013, "slow consumer"));
}

TEST(CloseTest, ClosesAPeerThatLetsMuchWaitWhileTheBudgetIsSpent) {
  limits::QueueBudget budget(1'000'000);
  limits::QueuedBytes others(&budget);
  others.Set(1'000'000);
  Options options = PatientOptions();
  options.max_queued_bytes = 1'000'000'000;
  options.queue_budget = &budget;
  WebSocketServer server(options);
  WebSocketClient reader(server.port());
  const auto served = server.Next();
  served->AwaitOpen();
  WebSocketClient client(server.port(), 4096);
  const auto socket = server.Next();
  socket->AwaitOpen();
  const SharedFrame frame = Frame::Text(std::string(50'000, 'x'));
  // Far more than the kernel takes.
  for (int i = 0; i < 1000; ++i) {
    server.On(*socket, [&](Connection& connection) {
      connection.Send(frame);
      EXPECT_LE(connection.queued_bytes(), 200'000u);
    });
  }
  EXPECT_EQ(socket->AwaitClosed().kind, CloseReason::kSlowConsumer);
  server.On(*served, [&](Connection& connection) { connection.Send(frame); });
  EXPECT_EQ(reader.Read().payload, frame->payload());
  EXPECT_GT(budget.bytes(), 1'000'000u) << "the rest of a frame is kept for a while";
  client.tcp().Close(true);
  server.loopback.server.Close();
  EXPECT_EQ(budget.bytes(), 1'000'000u);
}

TEST(CloseTest, ClosesAPeerAtOnceThatDoesNotTakeALargeMessageWhileTheBudgetIsSpentTwice) {
  limits::QueueBudget budget(1'000'000);
  limits::QueuedBytes others(&budget);
  others.Set(2'000'000);
  Options options = PatientOptions();
  options.max_queued_bytes = 1'000'000'000;
  options.queue_budget = &budget;
  WebSocketServer server(options);
  WebSocketClient client(server.port(), 4096);
  const auto socket = server.Next();
  socket->AwaitOpen();
  // Far more than the kernel takes.
  const SharedFrame frame = Frame::Text(std::string(50'000'000, 'x'));
  server.On(*socket, [&](Connection& connection) { connection.Send(frame); });
  const CloseReason reason = socket->AwaitClosed();
  EXPECT_EQ(reason.kind, CloseReason::kSlowConsumer);
  EXPECT_EQ(reason.code, 1013);
  server.On(*socket, [&](Connection& connection) { EXPECT_EQ(connection.queued_bytes(), 0u); });
  EXPECT_EQ(budget.bytes(), 2'000'000u);
  EXPECT_LT(client.tcp().ReadToEnd().size(), frame->bytes().size());
}

TEST(CloseTest, ClosesWebSocketsWithTheServerAndTellsTheirHandlersFirst) {
  WebSocketServer server(PatientOptions());
  std::vector<std::unique_ptr<WebSocketClient>> clients;
  std::vector<std::shared_ptr<FunctionWebSocket>> sockets;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<WebSocketClient>(server.port()));
    sockets.push_back(server.Next());
  }
  // One of them lingers, one is closing.
  clients[0]->Send(kClose, "");
  clients[0]->ReadCloseCode();
  server.On(*sockets[1], [](Connection& connection) { connection.Close(1000, ""); });
  EXPECT_EQ(server.loopback.server.open_connections(), 6u);
  server.loopback.server.Close();
  EXPECT_EQ(server.loopback.server.open_connections(), 0u);
  EXPECT_EQ(sockets[0]->AwaitClosed().kind, CloseReason::kPeerClosed);
  for (int i = 1; i < 6; ++i) EXPECT_EQ(sockets[i]->AwaitClosed().kind, CloseReason::kAborted);
  for (const auto& client : clients) client->tcp().ReadToEnd();
}

}  // namespace
}  // namespace parley::websocket
