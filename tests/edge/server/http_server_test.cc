#include "edge/server/http_server.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/edge/server/loopback_client.h"
#include "tests/edge/server/loopback_server.h"

namespace parley::server {
namespace {

TEST(HttpServerTest, AnswersOnTheFreePortThatItReports) {
  LoopbackServer loopback;
  EXPECT_NE(loopback.port, 0);
  LoopbackClient client(loopback.port);
  client.Send("POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  const Response response = client.ReadResponse();
  EXPECT_EQ(response.result(), http::status::ok);
  EXPECT_EQ(response.body(), "POST /a/b hello");
  EXPECT_EQ(response[http::field::content_length], "15");
  EXPECT_TRUE(response[http::field::date].ends_with(" GMT"));
}

TEST(HttpServerTest, ServesManyRequestsOnOneConnection) {
  LoopbackServer loopback;
  LoopbackClient client(loopback.port);
  for (int i = 0; i < 100; ++i) {
    client.Send(absl::StrCat("GET /", i, " HTTP/1.1\r\nHost: x\r\n\r\n"));
    const Response response = client.ReadResponse();
    EXPECT_TRUE(response.keep_alive());
    EXPECT_EQ(response.body(), absl::StrCat("GET /", i, " "));
  }
  EXPECT_EQ(loopback.server.open_connections(), 1u);
}

TEST(HttpServerTest, AnswersPipelinedRequestsInTheirOrderHandlingOneAtATime) {
  LoopbackServer loopback;
  int in_hand = 0;
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) {
    EXPECT_EQ(++in_hand, 1);
    boost::asio::post(exchange->worker().executor(), [&in_hand, exchange] {
      --in_hand;
      exchange->Respond(TextResponse(std::string(exchange->path()) + exchange->request().body()));
    });
  };
  LoopbackClient client(loopback.port);
  const std::string body(2000, 'b');
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    absl::StrAppend(&requests, "POST /", i, " HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n", body);
  }
  client.Send(requests);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.ReadResponse().body(), absl::StrCat("/", i, body));
  }
}

TEST(HttpServerTest, ReadsARequestThatArrivesByteByByte) {
  LoopbackServer loopback;
  LoopbackClient client(loopback.port);
  for (const char c : std::string_view("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")) {
    client.Send(std::string_view(&c, 1));
  }
  EXPECT_EQ(client.ReadResponse().body(), "POST /slow abc");
}

TEST(HttpServerTest, IgnoresAFewEmptyLinesBeforeARequest) {
  LoopbackServer loopback;
  LoopbackClient client(loopback.port);
  client.Send("\r\n\r\nPOST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "POST /first abc");
  client.Send("GET /second HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "GET /second ");
  for (const char c : std::string_view("\r\n\r\nGET /third HTTP/1.1\r\nHost: x\r\n\r\n")) {
    client.Send(std::string_view(&c, 1));
  }
  EXPECT_EQ(client.ReadResponse().body(), "GET /third ");
}

TEST(HttpServerTest, ReadsAChunkedBody) {
  LoopbackServer loopback;
  LoopbackClient client(loopback.port);
  client.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;e=1\r\n world\r\n0\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "POST / hello world");
}

TEST(HttpServerTest, LeavesAHeaderAsItWasBeforeAChunkedBody) {
  LoopbackServer loopback;
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    EXPECT_FALSE(exchange->is_upgrade());
    const Request& request = exchange->request();
    std::string seen(request.target());
    for (const auto& field : request) {
      seen.append(" ").append(field.name_string()).append("=").append(field.value());
    }
    exchange->Respond(TextResponse(seen + " " + request.body()));
  };
  LoopbackClient client(loopback.port);
  for (int i = 0; i < 2; ++i) {
    client.Send(
        "GET /a HTTP/1.1\r\nHost: x\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n0\r\nA: 2\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Type: application/json\r\n"
        "Connection: Upgrade\r\nConnection: close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const Response response = client.ReadResponse();
    EXPECT_EQ(response.body(), "/a Host=x A=1 Transfer-Encoding=chunked hello");
    EXPECT_TRUE(response.keep_alive());
  }
}

TEST(HttpServerTest, InvitesTheBodyOfAClientThatExpectsIt) {
  LoopbackServer loopback;
  LoopbackClient client(loopback.port);
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("body");
  EXPECT_EQ(client.ReadResponse().body(), "POST / body");
}

TEST(HttpServerTest, ClosesAfterTheAnswerWhenTheClientAsksForIt) {
  LoopbackServer loopback;
  LoopbackClient client(loopback.port);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const Response response = client.ReadResponse();
  EXPECT_FALSE(response.keep_alive());
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(HttpServerTest, ClosesAfterTheAnswerWhenTheHandlerAsksForIt) {
  LoopbackServer loopback;
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    Response response = TextResponse("bye");
    response.keep_alive(false);
    exchange->Respond(std::move(response));
  };
  LoopbackClient client(loopback.port);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body(), "bye");
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST(HttpServerTest, SpeaksHttp10) {
  LoopbackServer loopback;
  LoopbackClient closing(loopback.port);
  closing.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(closing.ReadToEnd().starts_with("HTTP/1.0 200"));
  LoopbackClient kept(loopback.port);
  for (int i = 0; i < 2; ++i) {
    kept.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(kept.ReadResponse()[http::field::connection], "keep-alive");
  }
}

TEST(HttpServerTest, SendsNoBodyWhereHttpForbidsOne) {
  LoopbackServer loopback;
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    Response response = TextResponse("twelve bytes");
    if (exchange->path() == "/none") response.result(http::status::no_content);
    exchange->Respond(std::move(response));
  };
  LoopbackClient client(loopback.port);
  client.Send(
      "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /none HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const Response head = client.ReadResponse(true);
  EXPECT_EQ(head[http::field::content_length], "12");
  const Response none = client.ReadResponse();
  EXPECT_EQ(none.result(), http::status::no_content);
  EXPECT_FALSE(none.count(http::field::content_length));
  EXPECT_EQ(client.ReadResponse().body(), "twelve bytes");
}

TEST(HttpServerTest, WritesABigResponseToAClientWithASmallBuffer) {
  LoopbackServer loopback;
  const std::string big(8'000'000, 'x');
  loopback.handler.handle = [&](std::shared_ptr<Exchange> exchange) { exchange->Respond(TextResponse(big)); };
  LoopbackClient client(loopback.port, 32'768);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body(), big);
}

TEST(HttpServerTest, SpreadsConnectionsOverTheWorkers) {
  LoopbackServer loopback(3);
  loopback.handler.handle = [](std::shared_ptr<Exchange> exchange) {
    EXPECT_TRUE(exchange->worker().IsCurrent());
    exchange->Respond(TextResponse(std::to_string(exchange->worker().index())));
  };
  std::vector<int> served(3);
  for (int i = 0; i < 9; ++i) {
    LoopbackClient client(loopback.port);
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    ++served.at(std::stoul(client.ReadResponse().body()));
  }
  EXPECT_EQ(served, (std::vector<int>{3, 3, 3}));
}

}  // namespace
}  // namespace parley::server
