#include "edge/translate/fields.h"

#include <gtest/gtest.h>

namespace parley::edge {
namespace {

using nlohmann::json;

TEST(FieldsTest, AStringIsRequiredAndNamedWhenItIsNot) {
  EXPECT_EQ(*RequireString("Ada", "name"), "Ada");
  EXPECT_EQ(RequireString(nullptr, "name").status().message(), "name: is missing");
  EXPECT_EQ(RequireString("", "name").status().message(), "name: must not be empty");
  for (const json& value : {json(1), json(true), json::array(), json::object(), json::binary({1, 2})}) {
    EXPECT_EQ(RequireString(value, "name").status().message(), "name: must be a string") << value;
  }
}

TEST(FieldsTest, NullInPlaceOfAnOptionalStringMeansAbsent) {
  EXPECT_EQ(*OptionalString(nullptr, "name"), std::nullopt);
  EXPECT_EQ(*OptionalString("Ada", "name"), "Ada");
  EXPECT_EQ(OptionalString(5, "name").status().message(), "name: must be a string");
}

TEST(FieldsTest, OnlyBooleansAreBooleans) {
  EXPECT_EQ(*OptionalBoolean(nullptr, "cameraEnabled"), std::nullopt);
  EXPECT_EQ(*OptionalBoolean(false, "cameraEnabled"), false);
  for (const json& value : {json(0), json(1), json("true"), json::array()}) {
    EXPECT_EQ(OptionalBoolean(value, "cameraEnabled").status().message(),
              "cameraEnabled: must be true or false");
  }
}

TEST(FieldsTest, AMemberOfWhatIsNoObjectIsAbsent) {
  EXPECT_EQ(FieldOf({{"a", 1}}, "a"), 1);
  EXPECT_TRUE(FieldOf({{"a", 1}}, "b").is_null());
  EXPECT_TRUE(FieldOf("text", "a").is_null());
  EXPECT_TRUE(FieldOf(json::array({1}), "0").is_null());
  EXPECT_TRUE(FieldOf({{"a", 1}}, "__proto__").is_null());
}

}  // namespace
}  // namespace parley::edge
