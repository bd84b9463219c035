#include "common/ids/text.h"

#include <string>

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(CountCharactersTest, CharactersAreCodePointsNotBytes) {
  EXPECT_EQ(CountCharacters(""), 0u);
  EXPECT_EQ(CountCharacters("abc"), 3u);
  EXPECT_EQ(CountCharacters("é"), 1u);
  EXPECT_EQ(CountCharacters("日本"), 2u);
  EXPECT_EQ(CountCharacters("🎉"), 1u);
  EXPECT_EQ(CountCharacters(std::string("a\0b", 3)), 3u);
}

TEST(CountCharactersTest, CombinedCharactersCountEach) { EXPECT_EQ(CountCharacters("e\xcc\x81"), 2u); }

TEST(CountCharactersTest, FirstAndLastCodePointOfEachLengthAreValid) {
  for (const char* text : {"\x01", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(CountCharacters(text), 1u) << text;
  }
}

TEST(CountCharactersTest, OverlongFormsAreInvalid) {
  for (const char* text : {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf"}) {
    EXPECT_EQ(CountCharacters(text), std::nullopt);
  }
}

TEST(CountCharactersTest, SurrogatesAreInvalid) {
  EXPECT_EQ(CountCharacters("\xed\xa0\x80"), std::nullopt);
  EXPECT_EQ(CountCharacters("\xed\xbf\xbf"), std::nullopt);
  // A pair of them, as CESU-8 writes what lies beyond U+FFFF.
  EXPECT_EQ(CountCharacters("\xed\xa0\xbc\xed\xbe\x89"), std::nullopt);
}

TEST(CountCharactersTest, NothingBeyondTheLastCodePointIsValid) {
  EXPECT_EQ(CountCharacters("\xf4\x90\x80\x80"), std::nullopt);
  EXPECT_EQ(CountCharacters("\xf5\x80\x80\x80"), std::nullopt);
  EXPECT_EQ(CountCharacters("\xff"), std::nullopt);
}

TEST(CountCharactersTest, BrokenSequencesAreInvalid) {
  for (const char* text :
       {"\x80", "a\xbf", "\xc3", "\xe6\x97", "\xf0\x9f\x8e", "\xc3(", "\xe6\x97(", "a\xe6(b"}) {
    EXPECT_EQ(CountCharacters(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace parley
