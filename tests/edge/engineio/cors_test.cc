#include "edge/engineio/cors.h"

#include <gtest/gtest.h>

namespace parley::engineio {
namespace {

using server::Request;
using server::Response;
namespace http = server::http;

Request From(std::string_view origin) {
  Request request(http::verb::get, "/socket.io/", 11);
  if (!origin.empty()) request.set(http::field::origin, origin);
  return request;
}

Response Applied(const Cors& cors, std::string_view origin) {
  Response response;
  cors.Apply(From(origin), response);
  return response;
}

TEST(CorsTest, AnyOriginMayReadWithoutCredentials) {
  const Response response = Applied(Cors({"*"}), "https://a.example");
  EXPECT_EQ(response[http::field::access_control_allow_origin], "*");
  EXPECT_EQ(response.count(http::field::access_control_allow_credentials), 0u);
}

TEST(CorsTest, ListedOriginMaySendCredentials) {
  const Response response = Applied(Cors({"*", "https://a.example"}), "https://a.example");
  EXPECT_EQ(response[http::field::access_control_allow_origin], "https://a.example");
  EXPECT_EQ(response[http::field::access_control_allow_credentials], "true");
  EXPECT_EQ(response[http::field::vary], "Origin");
}

TEST(CorsTest, OtherOriginsGetNothing) {
  const Response response = Applied(Cors({"https://a.example"}), "https://a.example.evil.example");
  EXPECT_EQ(response.count(http::field::access_control_allow_origin), 0u);
  EXPECT_EQ(response.count(http::field::access_control_allow_credentials), 0u);
}

TEST(CorsTest, PreflightNamesMethodsAndTheHeadersAskedFor) {
  Request request = From("https://a.example");
  request.set(http::field::access_control_request_headers, "x-token");
  const Response response = Cors({"https://a.example"}).Preflight(request);
  EXPECT_EQ(response.result(), http::status::no_content);
  EXPECT_EQ(response[http::field::access_control_allow_origin], "https://a.example");
  EXPECT_EQ(response[http::field::access_control_allow_methods], "GET,POST");
  EXPECT_EQ(response[http::field::access_control_allow_headers], "x-token");
}

}  // namespace
}  // namespace parley::engineio
