#include "edge/translate/json_object.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace parley::edge {
namespace {

using nlohmann::json;

TEST(JsonObjectTest, MembersStandInTheOrderInWhichTheyWereWritten) {
  EXPECT_EQ(JsonObject().Text("a", "x").Number("b", -7).Boolean("c", true).Null("d").Json("e", "[1]").Take(),
            R"({"a":"x","b":-7,"c":true,"d":null,"e":[1]})");
  EXPECT_EQ(JsonObject().Take(), "{}");
}

TEST(JsonObjectTest, EveryCharacterComesBackFromAParser) {
  std::string text;
  for (int c = 0; c < 0x80; ++c) text.push_back(static_cast<char>(c));
  text += "\u00e9\u2028\U0001f600\\u0041\"";
  const std::string written = JsonObject().Text("text", text).Take();
  EXPECT_EQ(json::parse(written)["text"], text);
  // As the JSON library writes it, too.
  EXPECT_EQ(written, json({{"text", text}}).dump());
}

TEST(JsonObjectTest, WhatMustBeEscapedIsFoundWhereverItStands) {
  for (std::size_t size = 1; size <= 25; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char* special :
           {"\"", "\\", "\n", "\x1f", " ", "!", "#", "[", "]", "\x7f", "\u00e9", "\u00dc"}) {
        std::string text(size, 'x');
        text.replace(at, 1, special);
        text += "\x7f" + text;
        EXPECT_EQ(JsonObject().Text("t", text).Take(), json({{"t", text}}).dump());
      }
    }
  }
}

TEST(JsonObjectTest, AnArrayHasItsElementsInOrder) {
  JsonArray array;
  EXPECT_EQ(JsonArray().Take(), "[]");
  array.Add("1");
  array.Add(R"("b")");
  EXPECT_EQ(array.Take(), R"([1,"b"])");
  EXPECT_EQ(JsonArray::Of("{}"), "[{}]");
}

}  // namespace
}  // namespace parley::edge
