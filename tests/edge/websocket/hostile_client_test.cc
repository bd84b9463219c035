#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/edge/websocket/websocket_client.h"
#include "tests/edge/websocket/websocket_server.h"

namespace parley::websocket {
namespace {

Options SmallOptions() {
  Options options;
  options.max_message_bytes = 1000;
  return options;
}

class HostileClientTest : public testing::Test {
 protected:
  /// What a client sends after the handshake makes the server close with `code`, and tell so.
  void ExpectViolation(const std::string& bytes, std::uint16_t code) {
    WebSocketClient client(server_.port());
    client.tcp().SendUntilRefused(bytes);
    EXPECT_EQ(client.ReadCloseCode(), code);
    const CloseReason reason = server_.Next()->AwaitClosed();
    EXPECT_EQ(reason.kind, CloseReason::kProtocolError);
    EXPECT_EQ(reason.code, code);
    EXPECT_EQ(client.tcp().ReadToEnd(), "");
  }

  WebSocketServer server_{SmallOptions()};
};

TEST_F(HostileClientTest, IsClosedOnWith1002WhenItBreaksTheProtocol) {
  const std::vector<std::pair<const char*, std::string>> violations = {
      {"unmasked", ClientFrame(kText, "hi", {.masked = false})},
      {"reserved bit 1", ClientFrame(kText, "hi", {.reserved_bits = 0x40})},
      {"reserved bit 2", ClientFrame(kText, "hi", {.reserved_bits = 0x20})},
      {"reserved bit 3", ClientFrame(kText, "hi", {.reserved_bits = 0x10})},
      {"reserved opcode", ClientFrame(static_cast<Opcode>(3), "hi")},
      {"reserved control opcode", ClientFrame(static_cast<Opcode>(11), "hi")},
      {"fragmented ping", ClientFrame(kPing, "hi", {.fin = false})},
      {"long ping", ClientFrame(kPing, std::string(126, 'x'))},
      {"continuation of nothing", ClientFrame(kContinuation, "hi")},
      {"message within a message", ClientFrame(kText, "a", {.fin = false}) + ClientFrame(kText, "b")},
      {"length not in its shortest form", std::string("\x81\xfe\x00\x05\0\0\0\0hello", 13)},
      {"close with half a code", ClientFrame(kClose, "\x03")},
      {"close with a code that is not for the wire", ClientFrame(kClose, ClosePayload(1005))},
      {"close with a reason that is not UTF-8", ClientFrame(kClose, ClosePayload(1000, "\xff"))},
  };
  for (const auto& [name, bytes] : violations) {
    SCOPED_TRACE(name);
    ExpectViolation(bytes, 1002);
  }
}

TEST_F(HostileClientTest, IsClosedOnWith1007WhenATextIsNotUtf8) {
  for (const std::string text : {"\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80"}) {
    ExpectViolation(ClientFrame(kText, text), 1007);
    ExpectViolation(ClientFrame(kText, "fine", {.fin = false}) + ClientFrame(kContinuation, text), 1007);
  }
}

TEST_F(HostileClientTest, IsClosedOnWith1009WhenAMessageIsTooBig) {
  ExpectViolation(ClientFrame(kText, std::string(1001, 'x')), 1009);
  ExpectViolation(ClientFrame(kBinary, std::string(5'000'000, 'x')), 1009);
  std::string fragments = ClientFrame(kText, "", {.fin = false});
  for (int i = 0; i < 11; ++i) fragments += ClientFrame(kContinuation, std::string(100, 'x'), {.fin = false});
  ExpectViolation(fragments, 1009);
  // A length of nearly 2^63 is not believed.
  ExpectViolation(std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14), 1009);
}

TEST_F(HostileClientTest, IsClosedOnWhenReservedBitsAreGluedToTheHandshake) {
  WebSocketClient client(server_.port(), std::nullopt, ClientFrame(kText, "hi", {.reserved_bits = 0x70}));
  EXPECT_EQ(client.ReadCloseCode(), 1002);
  EXPECT_EQ(server_.Next()->AwaitClosed().kind, CloseReason::kProtocolError);
}

TEST_F(HostileClientTest, IsHeardThoughItSendsFloodsOfTinyFragments) {
  WebSocketClient client(server_.port());
  for (int message = 0; message < 20; ++message) {
    std::string fragments = ClientFrame(kText, "", {.fin = false});
    for (int i = 0; i < 999; ++i) fragments += ClientFrame(kContinuation, "x", {.fin = false});
    for (int i = 0; i < 1000; ++i) fragments += ClientFrame(kContinuation, "", {.fin = false});
    fragments += ClientFrame(kContinuation, "x");
    client.tcp().Send(fragments);
    EXPECT_EQ(client.Read().payload, std::string(1000, 'x'));
  }
}

TEST_F(HostileClientTest, IsASlowConsumerWhenItPingsWithoutReading) {
  Options options;
  options.max_queued_bytes = 10'000;
  options.close_timeout = std::chrono::milliseconds(100);
  WebSocketServer server(options);
  WebSocketClient client(server.port(), 4096);
  const auto socket = server.Next();
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += ClientFrame(kPing, std::string(125, 'p'));
  std::jthread flood([&] {
    try {
      for (;;) client.tcp().Send(pings);
    } catch (const std::system_error&) {
    }
  });
  EXPECT_EQ(socket->AwaitClosed().kind, CloseReason::kSlowConsumer);
}

TEST_F(HostileClientTest, IsRefusedAHandshakeThatIsNone) {
  std::vector<std::pair<std::string, int>> handshakes = {
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
       "13\r\n\r\n",
       400},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
       "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
       400},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
       "8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
       426},
  };
  for (const std::string& key :
       {std::string(1000, 'k'), std::string(), std::string("abc"), std::string("dGhlIHNhbXBsZSBub25jZQ"),
        std::string("dGhlIHNhbXBsZSBub25jZQAA"), std::string("dGhlIHNhbXBsZSBub25j.Q=="),
        std::string("dGhlIHNhbXBsZSBub25jZWRnZQ==")}) {
    handshakes.emplace_back(absl::StrCat("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
                                         "websocket\r\nSec-WebSocket-Version: "
                                         "13\r\nSec-WebSocket-Key: ",
                                         key, "\r\n\r\n"),
                            400);
  }
  for (const auto& [request, status] : handshakes) {
    server::LoopbackClient client(server_.port());
    client.Send(request);
    const server::Response response = client.ReadResponse();
    EXPECT_EQ(response.result_int(), static_cast<unsigned>(status));
    EXPECT_EQ(client.ReadToEnd(), "");
    EXPECT_EQ(server_.Next()->AwaitClosed().kind, CloseReason::kTransportError);
  }
}

TEST_F(HostileClientTest, MayResetTheConnectionDuringTheHandshake) {
  for (int i = 0; i < 50; ++i) {
    server::LoopbackClient client(server_.port());
    client.Send(UpgradeRequestFor("/"));
    client.Close(true);
  }
  WebSocketClient client(server_.port());
  client.Send(kText, "still here");
  EXPECT_EQ(client.Read().payload, "still here");
}

TEST_F(HostileClientTest, GetsAHandshakeThoughItOffersExtensionsAndThousandsOfSpaces) {
  server::LoopbackClient client(server_.port());
  client.Send(UpgradeRequestFor(
      "/", absl::StrCat("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
                        "Sec-WebSocket-Protocol: a", std::string(8000, ' '), "b\r\n")));
  const std::string response = client.ReadUntil("\r\n\r\n");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(response.find("permessage-deflate"), std::string::npos);
}

}  // namespace
}  // namespace parley::websocket
