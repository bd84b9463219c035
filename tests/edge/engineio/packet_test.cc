#include "edge/engineio/packet.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::engineio {
namespace {

using namespace std::string_view_literals;

std::optional<Packet> Decode(Protocol protocol, std::string_view text, std::string& storage) {
  return DecodeText(protocol, text, storage);
}

TEST(PacketTest, TypeDigitIsTakenOff) {
  std::string storage;
  const auto packet = Decode(Protocol::kV4, "4hello", storage);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->type, PacketType::kMessage);
  EXPECT_FALSE(packet->binary);
  EXPECT_EQ(packet->data, "hello");
}

TEST(PacketTest, DataMayBeMissing) {
  std::string storage;
  const auto packet = Decode(Protocol::kV3, "2", storage);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->type, PacketType::kPing);
  EXPECT_EQ(packet->data, "");
}

TEST(PacketTest, Base64IsABinaryMessage) {
  std::string storage;
  auto packet = Decode(Protocol::kV4, "bAQIDBA==", storage);
  ASSERT_TRUE(packet.has_value());
  EXPECT_TRUE(packet->binary);
  EXPECT_EQ(packet->data, "\x01\x02\x03\x04");
  packet = Decode(Protocol::kV3, "b4AQIDBA==", storage);
  ASSERT_TRUE(packet.has_value());
  EXPECT_TRUE(packet->binary);
  EXPECT_EQ(packet->data, "\x01\x02\x03\x04");
}

TEST(PacketTest, WhatIsNoPacketIsRefused) {
  std::string storage;
  for (const Protocol protocol : {Protocol::kV3, Protocol::kV4}) {
    for (const std::string_view text : {""sv, "7"sv, "abc"sv, "/"sv, "b!!"sv, "\xff"sv}) {
      EXPECT_FALSE(Decode(protocol, text, storage).has_value()) << text;
    }
  }
  EXPECT_FALSE(Decode(Protocol::kV3, "b2AQID", storage).has_value());
}

TEST(PacketTest, BinaryFramesBeginWithTheirTypeInVersion3Only) {
  const auto v4 = DecodeBinary(Protocol::kV4, "\x04\x01"sv);
  ASSERT_TRUE(v4.has_value());
  EXPECT_EQ(v4->data, "\x04\x01"sv);
  const auto v3 = DecodeBinary(Protocol::kV3, "\x04\x01"sv);
  ASSERT_TRUE(v3.has_value());
  EXPECT_EQ(v3->data, "\x01"sv);
  EXPECT_FALSE(DecodeBinary(Protocol::kV3, "\x01\x04"sv).has_value());
  EXPECT_FALSE(DecodeBinary(Protocol::kV3, "").has_value());
}

}  // namespace
}  // namespace parley::engineio
