#include "edge/websocket/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/edge/websocket/websocket_client.h"
#include "tests/edge/websocket/websocket_server.h"

namespace parley::websocket {
namespace {

using testing::HasSubstr;
using testing::Not;
using Received = WebSocketClient::Received;

TEST(ConnectionTest, EchoesTextAndBinaryMessagesOfAllSizes) {
  WebSocketServer server;
  WebSocketClient client(server.port());
  for (const std::size_t size : {0, 1, 125, 126, 1535, 1536, 1537, 65'535, 65'536, 999'999, 1'000'000}) {
    for (const Opcode opcode : {kText, kBinary}) {
      const std::string payload(size, 'm');
      client.Send(opcode, payload);
      EXPECT_EQ(client.Read(), (Received{opcode, payload}));
    }
  }
}

TEST(ConnectionTest, PassesValidUtf8ThatIsSplitAnywhere) {
  WebSocketServer server;
  WebSocketClient client(server.port());
  const std::string text = "gr\u00fc\u00df \u4f60\u597d \U0001f600";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    client.Send(kText, text.substr(0, i), {.fin = false});
    client.Send(kContinuation, text.substr(i));
    EXPECT_EQ(client.Read(), (Received{kText, text}));
  }
}

TEST(ConnectionTest, PutsFragmentsTogetherThoughPingsComeBetweenThem) {
  WebSocketServer server;
  WebSocketClient client(server.port());
  client.Send(kText, "one ", {.fin = false});
  client.Send(kPing, "are you there");
  client.Send(kContinuation, "two ", {.fin = false});
  client.Send(kContinuation, "", {.fin = false});
  client.Send(kPong, "unasked for");
  client.Send(kContinuation, "three");
  EXPECT_EQ(client.Read(), (Received{kPong, "are you there"}));
  EXPECT_EQ(client.Read(), (Received{kText, "one two three"}));
}

TEST(ConnectionTest, AnswersAPingWithItsPayload) {
  WebSocketServer server;
  WebSocketClient client(server.port());
  for (const std::size_t size : {0, 1, 125}) {
    client.Send(kPing, std::string(size, 'p'));
    EXPECT_EQ(client.Read(), (Received{kPong, std::string(size, 'p')}));
  }
}

TEST(ConnectionTest, TakesTheSubprotocolThatTheClientPrefers) {
  WebSocketServer server;
  const auto answer_to = [&](std::string_view extra) {
    return WebSocketClient(server.port(), std::nullopt, "", extra).handshake();
  };
  EXPECT_THAT(answer_to("Sec-WebSocket-Protocol: chat.v2, chat.v1\r\n"),
              HasSubstr("\r\nSec-WebSocket-Protocol: chat.v2\r\n"));
  for (const std::string_view none : {"", "Sec-WebSocket-Protocol: \r\n", "Sec-WebSocket-Protocol: {}\r\n"}) {
    EXPECT_THAT(answer_to(none), Not(HasSubstr("Sec-WebSocket-Protocol"))) << none;
  }
}

TEST(ConnectionTest, ReadsWhatIsGluedToTheHandshake) {
  WebSocketServer server;
  std::string glued;
  for (int i = 0; i < 200; ++i) glued += ClientFrame(kText, absl::StrCat("early bird ", i));
  WebSocketClient client(server.port(), std::nullopt, glued);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(client.Read().payload, absl::StrCat("early bird ", i));
}

TEST(ConnectionTest, SendsWhatWasQueuedBeforeItWasOpenAfterTheHandshake) {
  WebSocketServer server;
  server.loopback.handler.handle = [](std::shared_ptr<server::Exchange> exchange) {
    const auto socket = std::make_shared<FunctionWebSocket>(Echo);
    const auto connection = exchange->AcceptWebSocket(socket, {});
    connection->Send(Frame::Text("hello"));
    connection->Send(Frame::Text("again"));
  };
  WebSocketClient client(server.port());
  EXPECT_EQ(client.Read().payload, "hello");
  EXPECT_EQ(client.Read().payload, "again");
}

TEST(ConnectionTest, SendsWhatItsOpeningSendsAlongWithTheHandshake) {
  class Greeter : public Handler {
   public:
    void OnOpen() override { connection->Send(Frame::Text("welcome")); }
    void OnMessage(std::string_view, bool) override {}
    void OnClosed(CloseReason) override { connection.reset(); }

    std::shared_ptr<Connection> connection;
  };
  WebSocketServer server;
  server.loopback.handler.handle = [](std::shared_ptr<server::Exchange> exchange) {
    const auto greeter = std::make_shared<Greeter>();
    greeter->connection = exchange->AcceptWebSocket(greeter, {});
  };
  server::LoopbackClient client(server.port());
  client.Send(UpgradeRequestFor("/"));
  EXPECT_TRUE(client.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(client.unread(), "\x81\x07welcome");
}

TEST(ConnectionTest, AnswersTheHandshakeOfAPeerThatIsSentTooMuchAtOnce) {
  class Flooder : public Handler {
   public:
    void OnOpen() override { connection->Send(Frame::Text(std::string(1000, 'x'))); }
    void OnMessage(std::string_view, bool) override {}
    void OnClosed(CloseReason) override { connection.reset(); }

    std::shared_ptr<Connection> connection;
  };
  WebSocketServer server;
  server.loopback.handler.handle = [](std::shared_ptr<server::Exchange> exchange) {
    const auto flooder = std::make_shared<Flooder>();
    flooder->connection = exchange->AcceptWebSocket(flooder, {.max_queued_bytes = 500});
  };
  WebSocketClient client(server.port());
  EXPECT_EQ(client.ReadCloseCode(), 1013);
}

TEST(ConnectionTest, IsAcceptedLaterToo) {
  std::promise<std::shared_ptr<server::Exchange>> parked;
  WebSocketServer server;
  server.loopback.handler.handle = [&](std::shared_ptr<server::Exchange> exchange) {
    parked.set_value(std::move(exchange));
  };
  server::LoopbackClient client(server.port());
  client.Send(UpgradeRequestFor("/") + ClientFrame(kText, "impatient"));
  std::shared_ptr<server::Exchange> exchange = server::Await(parked.get_future());
  auto socket = std::make_shared<FunctionWebSocket>(Echo);
  server.loopback.pool.RunOn(exchange->worker(), [&] {
    socket->connection = exchange->AcceptWebSocket(socket, {});
    exchange.reset();
  });
  EXPECT_TRUE(client.ReadUntil("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(client.Read(11), "\x81\x09impatient");
}

TEST(ConnectionTest, KeepsTheOrderOfManyMessagesAmongControlFrames) {
  // Pings flow in, and their pongs out, while messages are sent that fill the socket's buffers many times
  // over.
  constexpr int kMessages = 20'000;
  Options options;
  options.max_queued_bytes = 100'000'000;
  WebSocketServer server(options, [](FunctionWebSocket& socket, std::string_view, bool) {
    for (int i = 0; i < kMessages; ++i) {
      socket.connection->Send(Frame::Text(absl::StrCat(i, std::string(i % 1000, ' '))));
    }
  });
  WebSocketClient client(server.port());
  client.Send(kText, "begin");
  std::jthread pinger([&] {
    for (int i = 0; i < 1000; ++i) client.Send(kPing, absl::StrCat(i));
  });
  int messages = 0;
  int pongs = 0;
  while (messages < kMessages || pongs < 1000) {
    const Received received = client.Read();
    if (received.opcode == kPong) {
      EXPECT_EQ(received.payload, absl::StrCat(pongs++));
    } else {
      ASSERT_EQ(received.payload, absl::StrCat(messages, std::string(messages % 1000, ' ')));
      ++messages;
    }
  }
}

TEST(ConnectionTest, MayBeDroppedByItsUserAndGoesOn) {
  std::atomic<int> heard = 0;
  class Listener : public Handler {
   public:
    explicit Listener(std::atomic<int>& heard) : heard_(heard) {}
    void OnMessage(std::string_view, bool) override { ++heard_; }
    void OnClosed(CloseReason reason) override {
      EXPECT_EQ(reason.kind, CloseReason::kPeerClosed);
      closed.set_value();
    }
    std::promise<void> closed;

   private:
    std::atomic<int>& heard_;
  };
  const auto listener = std::make_shared<Listener>(heard);
  WebSocketServer server;
  server.loopback.handler.handle = [&](std::shared_ptr<server::Exchange> exchange) {
    exchange->AcceptWebSocket(listener, {});
  };
  WebSocketClient client(server.port());
  client.Send(kText, "one");
  client.Send(kText, "two");
  client.Send(kClose, "");
  server::Await(listener->closed.get_future());
  EXPECT_EQ(heard, 2);
}

TEST(ConnectionTest, ClosesWithAnInternalErrorWhenAMessagesHandlerThrows) {
  WebSocketServer server(
      {}, [](FunctionWebSocket&, std::string_view, bool) { throw std::runtime_error("a test's"); });
  WebSocketClient client(server.port());
  client.Send(kText, "boom");
  EXPECT_EQ(client.ReadCloseCode(), 1011);
  client.Send(kClose, ClosePayload(1011));
  const CloseReason reason = server.Next()->AwaitClosed();
  EXPECT_EQ(reason.kind, CloseReason::kClosed);
  EXPECT_EQ(reason.code, 1011);
}

TEST(ConnectionTest, ClosesWithAnInternalErrorWhenItsOpeningThrows) {
  class Faulty : public Handler {
   public:
    void OnOpen() override { throw std::runtime_error("a test's"); }
    void OnMessage(std::string_view, bool) override {}
    void OnClosed(CloseReason) override {}
  };
  WebSocketServer server;
  server.loopback.handler.handle = [](std::shared_ptr<server::Exchange> exchange) {
    exchange->AcceptWebSocket(std::make_shared<Faulty>(), {});
  };
  WebSocketClient client(server.port());
  EXPECT_EQ(client.ReadCloseCode(), 1011);
}

}  // namespace
}  // namespace parley::websocket
