#include "edge/events/bookmark.h"

#include <gtest/gtest.h>

namespace parley::edge {
namespace {

constexpr char kPid[] = "a pid";

Bookmark MakeBookmark() {
  return {"012345678",
          "0a1b2c3d-0000-4000-8000-00000000000f",
          "00112233445566778899aabbccddeeff",
          {9'007'199'254'740'991, 17},
          {3, 0}};
}

TEST(BookmarkTest, IsReadAsItWasWritten) {
  EXPECT_EQ(ParseBookmark(ToText(MakeBookmark(), kPid), kPid), MakeBookmark());
}

TEST(BookmarkTest, HidesTheKeyFromWhoeverDoesNotKnowThePid) {
  const std::string text = ToText(MakeBookmark(), kPid);
  EXPECT_EQ(text.find(MakeBookmark().key), std::string::npos);
  const auto read = ParseBookmark(text, "another pid");
  ASSERT_TRUE(read.has_value());
  EXPECT_NE(read->key, MakeBookmark().key);
}

TEST(BookmarkTest, MasksTheSameKeyOfTwoParticipantsDifferently) {
  Bookmark other = MakeBookmark();
  other.participant_id.back() = '0';
  const std::string own = ToText(MakeBookmark(), kPid);
  EXPECT_EQ(own.find(ToText(other, kPid).substr(47, 32)), std::string::npos);
}

TEST(BookmarkTest, WhatIsNoneIsRefused) {
  const std::string text = ToText(MakeBookmark(), kPid);
  for (const std::string& wrong :
       {std::string(), std::string("."), text + ".1", text.substr(0, text.size() - 2), "." + text,
        text.substr(10), text + "x", std::string(text).replace(20, 1, "g"),
        std::string(text).replace(50, 1, "G"), std::string(1'000'000, '.')}) {
    EXPECT_EQ(ParseBookmark(wrong, kPid), std::nullopt) << wrong.substr(0, 200);
  }
}

}  // namespace
}  // namespace parley::edge
