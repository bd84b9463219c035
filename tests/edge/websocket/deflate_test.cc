#include "edge/websocket/deflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "edge/websocket/frame.h"
#include "tests/edge/websocket/websocket_client.h"
#include "tests/edge/websocket/websocket_server.h"

namespace parley::websocket {
namespace {

using Received = WebSocketClient::Received;

constexpr std::string_view kOffer =
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
constexpr unsigned char kCompressedBit = 0x40;

Options WithDeflate() {
  Options options;
  options.deflate = true;
  return options;
}

std::string RandomText(std::size_t size, int alphabet) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < size) text += static_cast<char>('!' + random() % static_cast<unsigned>(alphabet));
  return text;
}

/// What a compressed message was.
std::string Inflated(std::string_view message) {
  std::string bytes(message);
  bytes.append("\x00\x00\xff\xff", 4);
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, -15), Z_OK);
  std::string inflated(2'000'000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(inflated.data());
  stream.avail_out = static_cast<uInt>(inflated.size());
  EXPECT_EQ(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
  EXPECT_EQ(stream.avail_in, 0u);
  inflated.resize(stream.total_out);
  inflateEnd(&stream);
  return inflated;
}

TEST(DeflateTest, IsAgreedOnOnlyWhenBothWantIt) {
  WebSocketServer off;
  WebSocketServer on(WithDeflate());
  const auto agreed = [](WebSocketServer& server, std::string_view extra) {
    return WebSocketClient(server.port(), std::nullopt, "", extra).handshake().find("permessage-deflate") !=
           std::string::npos;
  };
  EXPECT_FALSE(agreed(off, kOffer));
  EXPECT_FALSE(agreed(on, ""));
  EXPECT_FALSE(agreed(on, "Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n"));
  EXPECT_TRUE(agreed(on, kOffer));
}

TEST(DeflateTest, IsAViolationWhereItWasNotAgreedOn) {
  for (const bool enabled : {false, true}) {
    WebSocketServer server(enabled ? WithDeflate() : Options());
    WebSocketClient client(server.port(), std::nullopt, "", enabled ? "" : kOffer);
    client.Send(kText, *Deflate(DeflateFormat::kMessage, std::string(100, 'x')),
                {.reserved_bits = kCompressedBit});
    EXPECT_EQ(client.ReadCloseCode(), 1002);
  }
}

TEST(DeflateTest, EchoesMessagesOfAllSizes) {
  WebSocketServer server(WithDeflate());
  WebSocketClient client(server.port(), std::nullopt, "", kOffer);
  for (const std::size_t size : {0, 1, 1023, 1024, 65'535, 65'536, 1'000'000}) {
    for (const Opcode opcode : {kText, kBinary}) {
      const std::string payload = RandomText(size, 10);
      const std::optional<std::string> compressed = Deflate(DeflateFormat::kMessage, payload);
      client.Send(opcode, compressed.value_or(payload),
                  {.reserved_bits = compressed.has_value() ? kCompressedBit : static_cast<unsigned char>(0)});
      const Received echo = client.Read();
      EXPECT_EQ(echo.opcode, opcode);
      EXPECT_EQ(echo.compressed, size >= 1024) << size;
      EXPECT_TRUE((echo.compressed ? Inflated(echo.payload) : echo.payload) == payload) << size;
    }
  }
}

TEST(DeflateTest, PutsCompressedFragmentsTogetherThoughPingsComeBetweenThem) {
  WebSocketServer server(WithDeflate());
  WebSocketClient client(server.port(), std::nullopt, "", kOffer);
  const std::string payload = RandomText(500, 3);
  const std::string compressed = *Deflate(DeflateFormat::kMessage, payload);
  client.Send(kText, compressed.substr(0, 1), {.fin = false, .reserved_bits = kCompressedBit});
  client.Send(kPing, "are you there");
  client.Send(kContinuation, "", {.fin = false});
  client.Send(kContinuation, compressed.substr(1, 20), {.fin = false});
  client.Send(kContinuation, compressed.substr(21));
  EXPECT_EQ(client.Read(), (Received{kPong, "are you there"}));
  EXPECT_EQ(client.Read(), (Received{kText, payload}));
}

TEST(DeflateTest, ClosesOnABombBeforeItHasGoneOff) {
  Options options = WithDeflate();
  options.max_message_bytes = 100'000;
  WebSocketServer server(options,
                         [](FunctionWebSocket&, std::string_view, bool) { FAIL() << "it went off"; });
  WebSocketClient client(server.port(), std::nullopt, "", kOffer);
  const std::string bomb = *Deflate(DeflateFormat::kMessage, std::string(50'000'000, '\0'));
  client.tcp().SendUntilRefused(ClientFrame(kBinary, bomb, {.reserved_bits = kCompressedBit}));
  EXPECT_EQ(client.ReadCloseCode(), 1009);
  EXPECT_EQ(server.Next()->AwaitClosed().code, 1009);
}

TEST(DeflateTest, TakesTheLargestMessageAndNoLargerOne) {
  Options options = WithDeflate();
  options.max_message_bytes = 5000;
  WebSocketServer server(options);
  WebSocketClient client(server.port(), std::nullopt, "", kOffer);
  client.Send(kText, *Deflate(DeflateFormat::kMessage, std::string(5000, 'x')),
              {.reserved_bits = kCompressedBit});
  EXPECT_EQ(Inflated(client.Read().payload), std::string(5000, 'x'));
  client.Send(kText, *Deflate(DeflateFormat::kMessage, std::string(5001, 'x')),
              {.reserved_bits = kCompressedBit});
  EXPECT_EQ(client.ReadCloseCode(), 1009);
}

TEST(DeflateTest, ClosesOnCompressedRubbishAndOnTextThatIsNone) {
  WebSocketServer server(WithDeflate());
  WebSocketClient rubbish(server.port(), std::nullopt, "", kOffer);
  rubbish.Send(kText, "\xff\xff\xff\xff\xff", {.reserved_bits = kCompressedBit});
  server.Next()->AwaitClosed();

  WebSocketClient no_text(server.port(), std::nullopt, "", kOffer);
  no_text.Send(kText, *Deflate(DeflateFormat::kMessage, std::string(100, '\xff')),
               {.reserved_bits = kCompressedBit});
  EXPECT_EQ(no_text.ReadCloseCode(), 1007);
}

TEST(DeflateTest, SendsUncompressedToAPeerWhoseWindowIsSmall) {
  WebSocketServer server(WithDeflate());
  WebSocketClient client(server.port(), std::nullopt, "",
                         "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n");
  EXPECT_NE(client.handshake().find("server_max_window_bits=10"), std::string::npos);
  const std::string payload(5000, 'x');
  client.Send(kText, *Deflate(DeflateFormat::kMessage, payload), {.reserved_bits = kCompressedBit});
  EXPECT_EQ(client.Read(), (Received{kText, payload}));
}

TEST(DeflatedFrameTest, IsMadeOnceForAllWhoSendIt) {
  const SharedFrame frame = Frame::Text(RandomText(100'000, 10));
  std::vector<SharedFrame> deflated(4);
  std::vector<std::thread> threads;
  for (SharedFrame& each : deflated) threads.emplace_back([&] { each = Frame::Deflated(frame); });
  for (std::thread& thread : threads) thread.join();
  for (const SharedFrame& each : deflated) EXPECT_EQ(each, deflated.front());
  EXPECT_LT(deflated.front()->bytes().size(), frame->bytes().size() / 2);
  EXPECT_FALSE(deflated.front()->binary());
  EXPECT_EQ(Inflated(deflated.front()->payload()), frame->payload());
}

TEST(DeflatedFrameTest, IsTheFrameItselfWhenThereIsNothingToGain) {
  for (const SharedFrame& frame : {Frame::Text(std::string(1023, 'x')), Frame::Text(RandomText(1023, 90)),
                                   Frame::Binary(*Deflate(DeflateFormat::kGzip, RandomText(100'000, 10)))}) {
    EXPECT_EQ(Frame::Deflated(frame), frame);
  }
}

}  // namespace
}  // namespace parley::websocket
