#include "edge/translate/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::edge {
namespace {

using namespace std::string_view_literals;

std::string Nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonTextTest, DepthUpToTheLimitIsTaken) { EXPECT_TRUE(ParseJson(Nested(32), 32).ok()); }

TEST(JsonTextTest, OneLevelMoreIsRefused) {
  EXPECT_EQ(ParseJson(Nested(33), 32).status().message(), "is nested too deep");
}

TEST(JsonTextTest, TwentyThousandArraysAreRefusedWithoutBeingBuilt) {
  EXPECT_EQ(ParseJson(std::string(20'000, '['), 32).status().message(), "is nested too deep");
}

TEST(JsonTextTest, BracketsInStringsAreNoDepth) {
  const auto parsed = ParseJson(R"({"a": "[[[[\"[[[[\\"})", 1);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ((*parsed)["a"], "[[[[\"[[[[\\");
}

TEST(JsonTextTest, SiblingsAreNoDepth) { EXPECT_TRUE(ParseJson("[[],[],[],{}]", 2).ok()); }

TEST(JsonTextTest, WhatIsNoTextIsRefused) {
  for (const char* text : {"", "{", "{\"a\":}", "nul", "[1,]", "\"\xff\"", "\"\xc0\xaf\"", "\"\\ud800\"",
                           "\"\\udc00x\"", "{} {}", "\"\xed\xa0\x80\""}) {
    EXPECT_EQ(ParseJson(text, 32).status().message(), "is not valid JSON") << text;
  }
}

TEST(JsonTextTest, ANulIsNotTheEndOfTheText) {
  for (const std::string_view text : {"{}\0"sv, "{}\0 and more"sv, "\0{}"sv, "\"\0\""sv}) {
    EXPECT_EQ(ParseJson(text, 32).status().message(), "is not valid JSON");
  }
}

TEST(JsonTextTest, TextIsKeptVerbatim) {
  EXPECT_EQ(*ParseJson("\"<b>\\u0000 \xf0\x9f\x98\x80 \\ud83d\\ude00\"", 32),
            std::string("<b>\0 \xf0\x9f\x98\x80 \xf0\x9f\x98\x80", 14));
}

}  // namespace
}  // namespace parley::edge
