#include "edge/server/target.h"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

TEST(TargetTest, IsSplitIntoDecodedPathAndRawQuery) {
  const std::string_view text = "/api/%41b%2fc?x=%41&y";
  const Target target = ParseTarget(text);
  EXPECT_EQ(target.path, "/api/Ab/c");
  EXPECT_EQ(target.query, "x=%41&y");
  EXPECT_EQ(ParseTarget("/plain").query, "");
  EXPECT_EQ(ParseTarget("/a?b?c").query, "b?c");
}

TEST(TargetTest, MalformedEscapesStandForThemselves) {
  EXPECT_EQ(ParseTarget("/%zz%4").path, "/%zz%4");
  EXPECT_EQ(ParseTarget("/%").path, "/%");
}

TEST(TargetTest, EscapesAreDecodedOnce) { EXPECT_EQ(ParseTarget("/%2541%3F").path, "/%41?"); }

TEST(TargetTest, SchemeAndHostAreDropped) {
  EXPECT_EQ(ParseTarget("http://example.com/a?b").path, "/a");
  EXPECT_EQ(ParseTarget("http://example.com?b").query, "b");
  EXPECT_EQ(ParseTarget("http://example.com?b").path, "/");
  EXPECT_EQ(ParseTarget("http://example.com").path, "/");
  EXPECT_EQ(ParseTarget("*").path, "*");
}

TEST(TargetTest, AnAddressBehindThePathIsNoHost) {
  EXPECT_EQ(ParseTarget("/a?to=http://example.com/b").path, "/a");
  EXPECT_EQ(ParseTarget("/a?to=http://example.com/b").query, "to=http://example.com/b");
}

}  // namespace
}  // namespace parley::server
