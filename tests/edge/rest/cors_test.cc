#include "edge/rest/cors.h"

#include <gtest/gtest.h>

namespace parley::edge {
namespace {

using server::http::field;

server::Request From(std::string_view origin) {
  server::Request request;
  if (!origin.empty()) request.set(field::origin, origin);
  return request;
}

server::Response Apply(const std::vector<std::string>& origins, std::string_view origin) {
  server::Response response;
  CorsPolicy(origins).Apply(From(origin), response);
  return response;
}

TEST(CorsTest, ByDefaultEveryPageMayCallWithoutCredentials) {
  const server::Response response = Apply({"*"}, "https://a.example");
  EXPECT_EQ(response[field::access_control_allow_origin], "*");
  EXPECT_EQ(response[field::access_control_allow_credentials], "");
}

TEST(CorsTest, AListedPageMayCallWithCredentials) {
  const server::Response response = Apply({"https://a.example"}, "https://a.example");
  EXPECT_EQ(response[field::access_control_allow_origin], "https://a.example");
  EXPECT_EQ(response[field::access_control_allow_credentials], "true");
  EXPECT_EQ(response[field::vary], "Origin");
}

TEST(CorsTest, AnotherPageMayNot) {
  const server::Response response = Apply({"https://a.example"}, "https://a.example.evil");
  EXPECT_EQ(response.count(field::access_control_allow_origin), 0u);
  EXPECT_EQ(response[field::vary], "Origin");
}

TEST(CorsTest, BesidesAStarListedPagesHaveCredentialsAndOthersNot) {
  EXPECT_EQ(Apply({"*", "https://a.example"}, "https://a.example")[field::access_control_allow_credentials],
            "true");
  EXPECT_EQ(Apply({"*", "https://a.example"}, "https://b.example")[field::access_control_allow_origin], "*");
}

TEST(CorsTest, APreflightIsAnsweredWithWhatThePathAllows) {
  const server::Response response = CorsPolicy({"*"}).Preflight(From("https://a.example"), "POST");
  EXPECT_EQ(response.result_int(), 204u);
  EXPECT_EQ(response[field::access_control_allow_methods], "POST");
  EXPECT_EQ(response[field::access_control_allow_headers], "Content-Type, Idempotency-Key");
}

TEST(CorsTest, APreflightOfAnotherPageAllowsNothing) {
  const server::Response response =
      CorsPolicy({"https://a.example"}).Preflight(From("https://b.example"), "POST");
  EXPECT_EQ(response.count(field::access_control_allow_methods), 0u);
}

}  // namespace
}  // namespace parley::edge
