#include "edge/engineio/compression.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/edge/engineio/echo_server.h"

namespace parley::engineio {
namespace {

using server::Response;
namespace http = server::http;

constexpr int kAnyWindow = 15;

/// What a client makes of a compressed text: of "deflate", which is zlib's format, if `gzip` is false.
std::string Decompressed(std::string_view compressed, bool gzip) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, gzip ? kAnyWindow + 16 : kAnyWindow), Z_OK);
  std::string text(2'000'000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

std::string RandomBytes(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes;
  while (bytes.size() < size) bytes += static_cast<char>(random() & 0xff);
  return bytes;
}

TEST(ChooseCodingTest, TakesWhatTheClientLikesBest) {
  const auto expect = [](Coding coding, std::initializer_list<std::string_view> headers) {
    for (const std::string_view header : headers) EXPECT_EQ(ChooseCoding(header), coding) << header;
  };
  expect(Coding::kGzip, {"gzip", "GZip", "gzip, deflate", "br;q=1, gzip;q=0.2", "deflate;q=0.5, gzip;q=0.8",
                         "*", "gzip;Q=1", "*;q=0.5", "deflate;q=0, *", "identity;q=0.5, gzip",
                         "identity;q=0, *", "gzip ; q=0.5 , deflate ; q=0.4"});
  expect(Coding::kDeflate, {"deflate", "deflate, gzip", "gzip;q=0.5, deflate", "gzip;q=0, deflate",
                            "gzip;q=0, *", "deflate;q=0.001"});
  expect(Coding::kIdentity, {"", "br", "identity", "gzip;q=0", "gzip;q=0.0, deflate;q=0.000", "*;q=0",
                             "identity;q=1, gzip;q=0.5", "identity, *;q=0.1", "x-gzipped", "gzip deflate;"});
}

TEST(ChooseCodingTest, DoesNotCountOnWeightsThatAreNone) {
  for (const std::string_view weight : {"2", "-1", "nan", "inf", "1e9", "x", "\"\""}) {
    EXPECT_EQ(ChooseCoding(absl::StrCat("gzip;q=", std::string(weight))), Coding::kIdentity) << weight;
  }
}

TEST(ChooseCodingTest, ReadsALongHeaderOnce) {
  std::string header;
  for (int i = 0; i < 4000; ++i) header += "a;q=1,";
  EXPECT_EQ(ChooseCoding(header + "gzip"), Coding::kGzip);
}

TEST(CompressTest, ComesBackAsItWas) {
  std::string text;
  for (int i = 0; text.size() < 1'000'000; ++i) absl::StrAppend(&text, "line ", i, "\n");
  for (const Coding coding : {Coding::kGzip, Coding::kDeflate}) {
    const std::optional<std::string> compressed = Compress(coding, text);
    ASSERT_TRUE(compressed.has_value());
    EXPECT_LT(compressed->size(), text.size() / 3);
    EXPECT_TRUE(Decompressed(*compressed, coding == Coding::kGzip) == text);
  }
}

TEST(CompressTest, LeavesAloneWhatGetsNoShorter) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1024}, std::size_t{1'000'000}}) {
    EXPECT_EQ(Compress(Coding::kGzip, RandomBytes(size)), std::nullopt);
    EXPECT_EQ(Compress(Coding::kDeflate, RandomBytes(size)), std::nullopt);
  }
}

/// A session to which "fill N" is answered by a message of N bytes; see EchoServer.
class CompressedPollTest : public testing::TestWithParam<const char*> {
 protected:
  explicit CompressedPollTest(Options options = {}) : server_(options), client_(server_.port(), GetParam()) {
    client_.Handshake();
    client_.set_poll_headers("Accept-Encoding: gzip\r\n");
  }

  std::string Packet(const std::string& text) const {
    return std::string(GetParam()).find("EIO=3") == 0 ? absl::StrCat(text.size(), ":", text) : text;
  }
  Response Fill(std::size_t size) {
    client_.Post(Packet(absl::StrCat("4fill ", size)));
    return client_.Poll();
  }

  EchoServer server_;
  PollingClient client_;
};

INSTANTIATE_TEST_SUITE_P(, CompressedPollTest,
                         testing::Values("EIO=4&transport=polling", "EIO=3&transport=polling"),
                         [](const auto& info) { return info.param[4] == '4' ? "V4" : "V3"; });

TEST_P(CompressedPollTest, IsCompressedFromOneKibibyteOn) {
  const std::size_t overhead = Packet("4" + std::string(1000, 'x')).size() - 1000;
  const Response small = Fill(1023 - overhead);
  EXPECT_EQ(small.body().size(), 1023u);
  EXPECT_EQ(small.count(http::field::content_encoding), 0u);

  const Response large = Fill(1024 - overhead);
  EXPECT_EQ(large[http::field::content_encoding], "gzip");
  EXPECT_EQ(large[http::field::content_type], "text/plain; charset=UTF-8");
  EXPECT_EQ(large[http::field::content_length], std::to_string(large.body().size()));
  EXPECT_EQ(large.count(http::field::vary), 0u);
  const std::string text = Decompressed(large.body(), true);
  EXPECT_EQ(text.size(), 1024u);
  EXPECT_TRUE(text.ends_with("xxx"));
}

TEST_P(CompressedPollTest, GoesByTheRequestAndNotByTheSession) {
  EXPECT_EQ(Fill(5000)[http::field::content_encoding], "gzip");
  client_.set_poll_headers("");
  EXPECT_EQ(Fill(5000).count(http::field::content_encoding), 0u);
  client_.set_poll_headers("Accept-Encoding: br\r\nAccept-Encoding: deflate\r\n");
  const Response response = Fill(5000);
  EXPECT_EQ(response[http::field::content_encoding], "deflate");
  EXPECT_EQ(Decompressed(response.body(), false), Packet("4" + std::string(5000, 'x')));
}

TEST_P(CompressedPollTest, LeavesAnswersToPostsAlone) {
  EXPECT_EQ(client_.Post(Packet("4" + std::string(5000, 'y'))).body(), "ok");
}

TEST(CompressedBinaryTest, HoldsForBothFormsOfBinary) {
  const std::string bytes(3000, '\x07');
  EchoServer server;
  PollingClient v3(server.port(), "EIO=3&transport=polling");
  v3.Handshake();
  v3.set_poll_headers("Accept-Encoding: gzip\r\n");
  const std::string payload = std::string("\x01\x03\x00\x00\x01\xff", 6) + "\x04" + bytes;
  v3.Post(payload, "application/octet-stream");
  const Response octets = v3.Poll();
  EXPECT_EQ(octets[http::field::content_type], "application/octet-stream");
  EXPECT_EQ(octets[http::field::content_encoding], "gzip");
  EXPECT_EQ(Decompressed(octets.body(), true), payload);

  PollingClient v4(server.port(), "EIO=4&transport=polling");
  v4.Handshake();
  v4.set_poll_headers("Accept-Encoding: gzip\r\n");
  std::string base64 = "b";
  for (int i = 0; i < 1000; ++i) base64 += "BwcH";
  v4.Post(base64);
  const Response text = v4.Poll();
  EXPECT_EQ(text[http::field::content_encoding], "gzip");
  EXPECT_EQ(Decompressed(text.body(), true), base64);
}

TEST(CompressedBinaryTest, IsSentAsItIsWhenCompressionIsInVain) {
  EchoServer server;
  PollingClient client(server.port(), "EIO=3&transport=polling");
  client.Handshake();
  client.set_poll_headers("Accept-Encoding: gzip\r\n");
  const std::string payload = std::string("\x01\x03\x00\x00\x01\xff", 6) + "\x04" + RandomBytes(3000);
  client.Post(payload, "application/octet-stream");
  const Response octets = client.Poll();
  EXPECT_EQ(octets.count(http::field::content_encoding), 0u);
  EXPECT_EQ(octets.body(), payload);
}

TEST(CompressedJsonpTest, IsAScriptUnderneath) {
  EchoServer server;
  PollingClient client(server.port(), "EIO=4&transport=polling&j=7");
  client.Handshake();
  client.set_poll_headers("Accept-Encoding: gzip\r\n");
  client.Post("d=4fill+2000", "application/x-www-form-urlencoded");
  const Response response = client.Poll();
  EXPECT_EQ(response[http::field::content_encoding], "gzip");
  EXPECT_EQ(Decompressed(response.body(), true), "___eio[7](\"4" + std::string(2000, 'x') + "\");");
}

TEST(CompressionOffTest, CompressesNothing) {
  Options options;
  options.http_compression = false;
  EchoServer server(options);
  PollingClient client(server.port(), "EIO=4&transport=polling");
  client.Handshake();
  client.set_poll_headers("Accept-Encoding: gzip\r\n");
  client.Post("4fill 5000");
  const Response response = client.Poll();
  EXPECT_EQ(response.count(http::field::content_encoding), 0u);
  EXPECT_EQ(response.body().size(), 5001u);
}

}  // namespace
}  // namespace parley::engineio
