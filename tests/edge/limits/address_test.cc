#include "edge/limits/address.h"

#include <gtest/gtest.h>

namespace parley::limits {
namespace {

AddressKey Key(std::string_view text) { return KeyOf(ParseAddress(text).value()); }

TEST(AddressTest, CountsEachIpv4AddressByItself) {
  EXPECT_EQ(Key("192.0.2.1"), Key("192.0.2.1"));
  EXPECT_NE(Key("192.0.2.1"), Key("192.0.2.2"));
}

TEST(AddressTest, CountsAnIpv6NetworkOf64BitsAsOne) {
  EXPECT_EQ(Key("2001:db8:1:2::1"), Key("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(Key("2001:db8:1:2::1"), Key("2001:db8:1:3::1"));
}

TEST(AddressTest, TakesAMappedAddressForWhatItIs) { EXPECT_EQ(Key("::ffff:192.0.2.1"), Key("192.0.2.1")); }

TEST(AddressTest, ReadsAddressesAsHeadersHaveThem) {
  EXPECT_EQ(Key("192.0.2.1:4711"), Key("192.0.2.1"));
  EXPECT_EQ(Key("[2001:db8::1]"), Key("2001:db8::1"));
  EXPECT_EQ(Key("[2001:db8::1]:4711"), Key("2001:db8::1"));
}

TEST(AddressTest, ReadsNothingElse) {
  for (const std::string_view text :
       {"", "unknown", "_hidden", "192.0.2", "192.0.2.256", "[", "[]", "]", ":", "::g", "192.0.2.1 "}) {
    EXPECT_EQ(ParseAddress(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace parley::limits
