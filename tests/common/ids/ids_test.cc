#include "common/ids/ids.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace parley {
namespace {

constexpr int kSamples = 1'000;
constexpr char kHexDigits[] = "0123456789abcdef";

TEST(RandomIdSourceTest, RoomIdsAreNineDecimalDigits) {
  RandomIdSource ids;
  for (int i = 0; i < kSamples; ++i) {
    const std::string id = ids.RoomId();
    EXPECT_EQ(id.size(), 9u) << id;
    EXPECT_EQ(id.find_first_not_of("0123456789"), std::string::npos) << id;
  }
}

TEST(RandomIdSourceTest, UuidsAreOfVersionFour) {
  RandomIdSource ids;
  for (int i = 0; i < kSamples; ++i) {
    const std::string uuid = ids.Uuid();
    ASSERT_EQ(uuid.size(), 36u) << uuid;
    for (const std::size_t dash : {8, 13, 18, 23}) EXPECT_EQ(uuid[dash], '-') << uuid;
    EXPECT_EQ(uuid[14], '4') << uuid;
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
    EXPECT_EQ(uuid.find_first_not_of(std::string(kHexDigits) + "-"), std::string::npos) << uuid;
  }
}

TEST(RandomIdSourceTest, KeysAre128BitsInHexadecimal) {
  RandomIdSource ids;
  const std::string key = ids.Key();
  EXPECT_EQ(key.size(), 32u);
  EXPECT_EQ(key.find_first_not_of(kHexDigits), std::string::npos);
}

TEST(RandomIdSourceTest, NothingIsGivenTwice) {
  RandomIdSource ids;
  std::set<std::string> seen;
  for (int i = 0; i < kSamples; ++i) {
    EXPECT_TRUE(seen.insert(ids.Uuid()).second);
    EXPECT_TRUE(seen.insert(ids.Key()).second);
    EXPECT_TRUE(seen.insert(std::to_string(ids.Incarnation())).second);
  }
}

TEST(RandomIdSourceTest, IncarnationsFitIntoADouble) {
  RandomIdSource ids;
  for (int i = 0; i < kSamples; ++i) {
    const std::uint64_t incarnation = ids.Incarnation();
    EXPECT_NE(incarnation, 0u);
    EXPECT_EQ(static_cast<std::uint64_t>(static_cast<double>(incarnation)), incarnation);
  }
}

}  // namespace
}  // namespace parley
