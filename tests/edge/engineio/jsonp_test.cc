#include "edge/engineio/jsonp.h"

#include <gtest/gtest.h>

namespace parley::engineio {
namespace {

TEST(JsonpTest, AnswerIsAScript) { EXPECT_EQ(WrapJsonp("3", "1:6"), R"(___eio[3]("1:6");)"); }

TEST(JsonpTest, OnlyDigitsOfTheIndexAreTaken) {
  EXPECT_EQ(WrapJsonp("0];alert(1);//", "1:6"), R"(___eio[01]("1:6");)");
  EXPECT_EQ(WrapJsonp("", "1:6"), R"(___eio[]("1:6");)");
}

TEST(JsonpTest, WhatEndsAStringIsEscaped) {
  EXPECT_EQ(WrapJsonp("0", "\"\\\n\r\t\x01\u2028\u2029\u00e9"),
            "___eio[0](\"\\\"\\\\\\n\\r\\t\\u0001\\u2028\\u2029\u00e9\");");
}

TEST(JsonpTest, PostIsAFormField) {
  EXPECT_EQ(UnwrapJsonp("d=6%3A4hello"), "6:4hello");
  EXPECT_EQ(UnwrapJsonp("x=1&d=4%3A4a+b"), "4:4a b");
  EXPECT_EQ(UnwrapJsonp("e=1"), std::nullopt);
}

TEST(JsonpTest, NewlinesComeEscaped) {
  EXPECT_EQ(UnwrapJsonp("d=4a%5Cnb"), "4a\nb");
  EXPECT_EQ(UnwrapJsonp("d=4a%5C%5Cnb"), "4a\\nb");
}

}  // namespace
}  // namespace parley::engineio
