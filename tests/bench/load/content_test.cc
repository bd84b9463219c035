#include "tests/bench/load/content.h"

#include <gtest/gtest.h>

namespace parley::bench {
namespace {

TEST(ContentTest, IsReadAsItWasWritten) {
  const std::string text = WriteContent({7, 12, 3'000'000, 1'234'567'890'123'456'789});
  EXPECT_EQ(text.size(), kContentSize);
  const std::optional<Content> content = ReadContent(text);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->room, 7u);
  EXPECT_EQ(content->sender, 12u);
  EXPECT_EQ(content->sequence, 3'000'000u);
  EXPECT_EQ(content->intended, 1'234'567'890'123'456'789);
}

TEST(ContentTest, WhateverWasChangedIsNotRead) {
  std::string text = WriteContent({1, 2, 3, 4});
  EXPECT_FALSE(ReadContent(text.substr(1)));
  EXPECT_FALSE(ReadContent(text + "."));
  text[3] = 'x';
  EXPECT_FALSE(ReadContent(text));
  text[3] = '0';
  text.back() = '!';
  EXPECT_FALSE(ReadContent(text));
}

}  // namespace
}  // namespace parley::bench
