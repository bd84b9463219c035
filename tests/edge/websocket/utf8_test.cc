#include "edge/websocket/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::websocket {
namespace {

TEST(Utf8Test, EveryWidthIsValid) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("plain ASCII, longer than eight bytes"));
  EXPECT_TRUE(IsValidUtf8("\u00e9 \u20ac \U0001F600"));
  EXPECT_TRUE(
      IsValidUtf8("\xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf"));  // beside the surrogates, and the very last
}

TEST(Utf8Test, WhatIsNoCharacterIsRefused) {
  EXPECT_FALSE(IsValidUtf8("\x80"));              // a continuation of nothing
  EXPECT_FALSE(IsValidUtf8("\xc3"));              // cut off
  EXPECT_FALSE(IsValidUtf8("12345678\xe2\x82"));  // cut off behind a whole word
  EXPECT_FALSE(IsValidUtf8("\xc0\xaf"));          // overlong
  EXPECT_FALSE(IsValidUtf8("\xe0\x80\xaf"));      // overlong
  EXPECT_FALSE(IsValidUtf8("\xf0\x80\x80\xaf"));  // overlong
  EXPECT_FALSE(IsValidUtf8("\xed\xa0\x80"));      // a surrogate
  EXPECT_FALSE(IsValidUtf8("\xf4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsValidUtf8("\xff"));
  EXPECT_FALSE(IsValidUtf8(std::string_view("a\xe2\x28\xa1", 4)));  // a wrong continuation
}

TEST(Utf8Test, LengthsAreCountedAsJavaScriptDoes) {
  EXPECT_EQ(Utf16Length(""), 0u);
  EXPECT_EQ(Utf16Length("abc"), 3u);
  EXPECT_EQ(Utf16Length("\u20ac\u20ac"), 2u);
  EXPECT_EQ(Utf16Length("\U0001F600"), 2u);
}

TEST(Utf8Test, PrefixEndsBetweenCharacters) {
  EXPECT_EQ(Utf16Prefix("a\u20acb", 2), 4u);
  EXPECT_EQ(Utf16Prefix("\U0001F600b", 2), 4u);
  EXPECT_EQ(Utf16Prefix("\U0001F600b", 1), std::string_view::npos);
  EXPECT_EQ(Utf16Prefix("ab", 3), std::string_view::npos);
  EXPECT_EQ(Utf16Prefix("ab", 0), 0u);
}

}  // namespace
}  // namespace parley::websocket
