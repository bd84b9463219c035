#include "edge/socketio/json_scan.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::socketio {
namespace {

TEST(JsonScanTest, DepthIsThatOfBrackets) {
  EXPECT_EQ(ScanJson("1", 0).defect, Defect::kNone);
  EXPECT_EQ(ScanJson("[]", 0).defect, Defect::kTooDeep);
  EXPECT_EQ(ScanJson(R"([{"a":[]}])", 3).defect, Defect::kNone);
  EXPECT_EQ(ScanJson(R"([{"a":[]}])", 2).defect, Defect::kTooDeep);
  EXPECT_EQ(ScanJson("[[],[],[]]", 2).defect, Defect::kNone);
}

TEST(JsonScanTest, BracketsInStringsDontCount) {
  EXPECT_EQ(ScanJson(R"(["[[[", "\"[[[", "\\"])", 1).defect, Defect::kNone);
}

TEST(JsonScanTest, TwentyThousandNestedArraysAreTooDeep) {
  EXPECT_EQ(ScanJson(std::string(20000, '['), 32).defect, Defect::kTooDeep);
}

TEST(JsonScanTest, HalfASurrogatePairIsNoText) {
  EXPECT_EQ(ScanJson(R"(["\ud83d\ude00"])", 9).defect, Defect::kNone);
  EXPECT_EQ(ScanJson(R"(["\uD83D"])", 9).defect, Defect::kLoneSurrogate);
  EXPECT_EQ(ScanJson(R"(["\ude00"])", 9).defect, Defect::kLoneSurrogate);
  EXPECT_EQ(ScanJson(R"(["\ud83dx\ude00"])", 9).defect, Defect::kLoneSurrogate);
  EXPECT_EQ(ScanJson(R"(["\ud83d\n"])", 9).defect, Defect::kLoneSurrogate);
  EXPECT_EQ(ScanJson(R"(["\\ud83d"])", 9).defect, Defect::kNone);
}

TEST(JsonScanTest, TruncatedTextIsNoTrouble) {
  for (const char* text : {"\"", "[\"\\", "[\"\\u", "[\"\\ud83", "[\"\\ud83d", "[\"\\ud83d\\u", "]]", "}"}) {
    ScanJson(text, 9);
  }
}

TEST(JsonScanTest, FirstElementEndsAtItsComma) {
  EXPECT_EQ(ScanJson(R"(["a,]",1])", 9).first_element_end, 6u);
  EXPECT_EQ(ScanJson(R"(["a"])", 9).first_element_end, 4u);
  EXPECT_EQ(ScanJson(R"([[1,2],3])", 9).first_element_end, 6u);
}

}  // namespace
}  // namespace parley::socketio
