#include "edge/limits/trusted_proxies.h"

#include <gtest/gtest.h>

namespace parley::limits {
namespace {

class TrustedProxiesTest : public testing::Test {
 protected:
  TrustedProxiesTest() {
    EXPECT_TRUE(proxies_.Add("10.0.0.0/8"));
    EXPECT_TRUE(proxies_.Add("192.0.2.7"));
    EXPECT_TRUE(proxies_.Add("2001:db8::/32"));
    EXPECT_TRUE(proxies_.Add("fd00::7"));
  }

  TrustedProxies proxies_;
};

TEST_F(TrustedProxiesTest, HoldAddressesAndNetworks) {
  for (const std::string_view text :
       {"10.0.0.1", "10.255.255.255", "192.0.2.7", "2001:db8:ffff::1", "fd00::7"})
    EXPECT_TRUE(proxies_.Contains(ParseAddress(text).value())) << text;
  for (const std::string_view text : {"11.0.0.1", "192.0.2.8", "2001:db9::1", "fd00::8", "::1", "127.0.0.1"})
    EXPECT_FALSE(proxies_.Contains(ParseAddress(text).value())) << text;
}

TEST_F(TrustedProxiesTest, AreNothingElse) {
  for (const std::string_view text :
       {"", "proxy.example", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "/8"})
    EXPECT_FALSE(proxies_.Add(text)) << text;
}

TEST_F(TrustedProxiesTest, AreBelievedInTheLastHopThatIsNoneOfThem) {
  EXPECT_EQ(proxies_.ClientOf("10.0.0.1", "198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(proxies_.ClientOf("fd00::7", "203.0.113.9, 198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(proxies_.ClientOf("10.0.0.1", "203.0.113.9, 198.51.100.1 , 10.0.0.2,fd00::7"), "198.51.100.1");
  EXPECT_EQ(proxies_.ClientOf("10.0.0.1", "198.51.100.1:4711"), "198.51.100.1");
  EXPECT_EQ(proxies_.ClientOf("10.0.0.1", "[2001:db9::1]:4711"), "2001:db9::1");
}

TEST_F(TrustedProxiesTest, AreTheClientWhenTheyNameNone) {
  for (const std::string_view header :
       {"", ",", "unknown", "198.51.100.1, unknown", "198.51.100.1,", "10.0.0.2"})
    EXPECT_EQ(proxies_.ClientOf("10.0.0.1", header), "10.0.0.1") << header;
}

TEST_F(TrustedProxiesTest, AreNotWhoeverClaimsToBeOne) {
  EXPECT_EQ(proxies_.ClientOf("198.51.100.1", "203.0.113.9"), "198.51.100.1");
  EXPECT_EQ(TrustedProxies().ClientOf("10.0.0.1", "203.0.113.9"), "10.0.0.1");
}

}  // namespace
}  // namespace parley::limits
