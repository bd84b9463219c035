#include "edge/engineio/query.h"

#include <gtest/gtest.h>

namespace parley::engineio {
namespace {

TEST(QueryTest, ParametersAreFoundByName) {
  EXPECT_EQ(FindParameter("EIO=4&transport=polling&t=abc", "transport"), "polling");
  EXPECT_EQ(FindParameter("EIO=4", "EIO"), "4");
  EXPECT_EQ(FindParameter("EIO", "EIO"), "");
  EXPECT_EQ(FindParameter("xEIO=4&&=", "EIO"), std::nullopt);
  EXPECT_EQ(FindParameter("", "EIO"), std::nullopt);
}

TEST(QueryTest, TheLastOfRepeatedOnesCounts) { EXPECT_EQ(FindParameter("sid=a&sid=b&x=c", "sid"), "b"); }

TEST(QueryTest, EscapesAreDecoded) {
  EXPECT_EQ(FindParameter("sid=a%2Fb+c%2", "sid"), "a/b c%2");
  EXPECT_EQ(FindParameter("s%69d=a%zz", "sid"), "a%zz");
}

}  // namespace
}  // namespace parley::engineio
