#include "edge/rest/route_table.h"

#include <gtest/gtest.h>

namespace parley::edge {
namespace {

TEST(RouteTableTest, TheRoomsHashIsTheParameter) {
  const RouteMatch match = FindRoutes("/api/0123abcd/send");
  ASSERT_EQ(match.routes.size(), 1u);
  EXPECT_EQ(match.routes[0]->method, server::http::verb::post);
  EXPECT_EQ(match.parameter, "0123abcd");
}

TEST(RouteTableTest, OnlyWholePathsMatch) {
  for (const char* path : {"", "/", "api/x/send", "/api/x/send/", "/api/x/send/y", "/api/x", "/api//send",
                           "/api/x/sen", "//healthz", "/healthz/", "/HEALTHZ", "/api/x/y/send"}) {
    EXPECT_TRUE(FindRoutes(path).routes.empty()) << path;
  }
}

TEST(RouteTableTest, OperatorsFindTheirs) {
  for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
    ASSERT_EQ(FindRoutes(path).routes.size(), 1u) << path;
    EXPECT_EQ(FindRoutes(path).routes[0]->method, server::http::verb::get) << path;
  }
}

}  // namespace
}  // namespace parley::edge
