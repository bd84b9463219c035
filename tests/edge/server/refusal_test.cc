#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tests/edge/server/loopback_client.h"
#include "tests/edge/server/loopback_server.h"

namespace parley::server {
namespace {

Limits TightLimits() {
  Limits limits;
  limits.max_body_bytes = 1000;
  limits.max_header_bytes = 2000;
  return limits;
}

Limits ImpatientLimits(std::chrono::milliseconds patience) {
  Limits limits = TightLimits();
  limits.header_timeout = patience;
  limits.body_timeout = patience;
  limits.keep_alive_timeout = patience;
  limits.linger_timeout = patience;
  return limits;
}

void ExpectRefusal(LoopbackClient& client, int status, std::string_view code) {
  const Response response = client.ReadResponse();
  EXPECT_EQ(response.result_int(), static_cast<unsigned>(status));
  EXPECT_FALSE(response.keep_alive());
  EXPECT_TRUE(response[http::field::content_type].starts_with("application/json"));
  const nlohmann::json body = nlohmann::json::parse(response.body());
  EXPECT_EQ(body.at("success"), false);
  EXPECT_EQ(body.at("code"), code);
  EXPECT_FALSE(body.at("error").get<std::string>().empty());
  EXPECT_EQ(client.ReadToEnd(), "");
}

void ExpectRefused(LoopbackServer& loopback, std::string_view request, int status, std::string_view code) {
  SCOPED_TRACE(request.substr(0, 200));
  LoopbackClient client(loopback.port);
  client.SendUntilRefused(request);
  ExpectRefusal(client, status, code);
}

/// A client that is slower than the server permits.
class TimeoutTest : public testing::Test {
 protected:
  LoopbackServer loopback_{2, ImpatientLimits(std::chrono::milliseconds(100))};
};

/// A server whose patience a busy machine gets a request through in.
class PatienceTest : public testing::Test {
 protected:
  static constexpr std::chrono::milliseconds kPatience{1'000};

  LoopbackServer loopback_{2, ImpatientLimits(kPatience)};
};

TEST_F(TimeoutTest, RefusesAHeaderThatIsNotCompleteInTime) {
  ExpectRefused(loopback_, "", 408, "REQUEST_TIMEOUT");
  ExpectRefused(loopback_, "GET / HTTP/1.1\r\nHost: x\r\n", 408, "REQUEST_TIMEOUT");
}

TEST_F(PatienceTest, RefusesALaterHeaderThatIsNotCompleteInTime) {
  LoopbackClient client(loopback_.port);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT");
  EXPECT_EQ(client.ReadResponse().result(), http::status::ok);
  ExpectRefusal(client, 408, "REQUEST_TIMEOUT");
}

TEST_F(TimeoutTest, RefusesABodyThatIsNotCompleteInTime) {
  ExpectRefused(loopback_, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", 408,
                "REQUEST_TIMEOUT");
  ExpectRefused(loopback_, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", 408,
                "REQUEST_TIMEOUT");
}

TEST_F(PatienceTest, ClosesAnIdleConnectionWithoutAWord) {
  LoopbackClient client(loopback_.port);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().result(), http::status::ok);
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(PatienceTest, ClosesAConnectionWithoutAWordThatSendsNothingButAnEmptyLine) {
  LoopbackClient client(loopback_.port);
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "POST / abc");
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(PatienceTest, LetsAHandlerTakeLongerThanAClientMay) {
  std::optional<Timer> timer;
  loopback_.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    timer.emplace(exchange->worker().executor(), 2 * kPatience);
    timer->async_wait([exchange](boost::system::error_code) { exchange->Respond(TextResponse("at last")); });
  };
  LoopbackClient client(loopback_.port);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "at last");
}

/// What the server itself refuses, before the handler hears of it.
class RefusalTest : public testing::Test {
 protected:
  void ExpectRefused(std::string_view request, int status, std::string_view code) {
    server::ExpectRefused(loopback_, request, status, code);
  }

  LoopbackServer loopback_{2, TightLimits()};
};

TEST_F(RefusalTest, RefusesABodyThatAnnouncesItsExcess) {
  ExpectRefused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413, "BODY_TOO_LARGE");
  ExpectRefused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n", 413,
                "BODY_TOO_LARGE");
}

TEST_F(RefusalTest, LetsAClientThatSendsItsExcessInFullReadTheAnswer) {
  ExpectRefused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + std::string(5'000'000, 'x'),
                413, "BODY_TOO_LARGE");
}

TEST_F(RefusalTest, RefusesAChunkedBodyOverTheLimit) {
  ExpectRefused("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", 413,
                "BODY_TOO_LARGE");
  std::string chunks;
  for (int i = 0; i < 11; ++i) chunks += "64\r\n" + std::string(100, 'x') + "\r\n";
  ExpectRefused("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, 413,
                "BODY_TOO_LARGE");
}

TEST_F(RefusalTest, TakesBodiesUpToTheLimit) {
  LoopbackClient client(loopback_.port);
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_EQ(client.ReadResponse().body(), "POST / " + std::string(1000, 'x'));
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n" +
              std::string(500, 'x') + "\r\n1f4\r\n" + std::string(500, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "POST / " + std::string(1000, 'x'));
}

TEST_F(RefusalTest, LetsTheHandlerChooseTheLimitByTheHeader) {
  loopback_.handler.max_body_bytes = [](const Request& header) -> std::optional<std::size_t> {
    if (header.target() == "/big") return 100'000;
    return std::nullopt;
  };
  LoopbackClient client(loopback_.port);
  client.Send("POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x'));
  EXPECT_EQ(client.ReadResponse().body().size(), 100'010u);
  ExpectRefused("POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n", 413, "BODY_TOO_LARGE");
  ExpectRefused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413, "BODY_TOO_LARGE");
}

TEST_F(RefusalTest, RefusesAnAmbiguousLength) {
  for (const std::string_view headers :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: identity", "Content-Length: -1", "Content-Length: 3, 3x",
        "Content-Length: 99999999999999999999"}) {
    ExpectRefused("POST / HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                  400, "BAD_REQUEST");
  }
}

TEST_F(RefusalTest, RefusesARequestThatDoesNotNameOneHost) {
  ExpectRefused("GET / HTTP/1.1\r\n\r\n", 400, "BAD_REQUEST");
  ExpectRefused("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400, "BAD_REQUEST");
  ExpectRefused("GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400, "BAD_REQUEST");
}

TEST_F(RefusalTest, RefusesWhatIsNotHttp) {
  ExpectRefused("\x16\x03\x01\x02\x01hello\r\n\r\n", 400, "BAD_REQUEST");
  ExpectRefused("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "BAD_REQUEST");
  ExpectRefused("GET / HTTP/2.0\r\n\r\n", 400, "BAD_REQUEST");
  ExpectRefused("\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "BAD_REQUEST");
  ExpectRefused("\r\rGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "BAD_REQUEST");
  ExpectRefused("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400,
                "BAD_REQUEST");
}

TEST_F(RefusalTest, RefusesAHeaderThatIsTooLarge) {
  ExpectRefused("GET / HTTP/1.1\r\nHost: x\r\nCookie: " + std::string(3000, 'c') + "\r\n\r\n", 431,
                "HEADERS_TOO_LARGE");
  ExpectRefused("GET /" + std::string(200'000, 'c'), 431, "HEADERS_TOO_LARGE");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a:\r\n";
  ExpectRefused("GET / HTTP/1.1\r\n" + many + "\r\n", 431, "HEADERS_TOO_LARGE");
}

TEST_F(RefusalTest, LetsTheHandlerAddHeadersToARefusal) {
  loopback_.handler.prepare_refusal = [](const Request& header, Response& refusal) {
    refusal.set(http::field::access_control_allow_origin, header[http::field::origin]);
  };
  LoopbackClient client(loopback_.port);
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(client.ReadResponse()[http::field::access_control_allow_origin], "https://a.example");
}

}  // namespace
}  // namespace parley::server
