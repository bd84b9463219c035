#include "edge/socketio/packet_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace parley::socketio {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr PacketLog::Clock::time_point kStart{};

SharedEvent Packet(std::size_t size = 10) {
  return EncodeEvent(std::string(size, 'x'), nlohmann::json::array());
}

std::vector<std::uint64_t> Numbers(const std::optional<std::vector<PacketLog::Entry>>& entries) {
  std::vector<std::uint64_t> numbers;
  for (const PacketLog::Entry& entry : entries.value()) numbers.push_back(entry.number);
  return numbers;
}

TEST(PacketLogTest, NumbersPacketsFromOne) {
  PacketLog log(1'000'000, 1min);
  EXPECT_EQ(log.Append(Packet(), true, "", kStart), 1u);
  EXPECT_EQ(log.Append(Packet(), false, "", kStart), 2u);
}

TEST(PacketLogTest, GivesWhatFollowedInOrder) {
  PacketLog log(1'000'000, 1min);
  EXPECT_THAT(Numbers(log.After(0)), IsEmpty());
  const SharedEvent third = Packet();
  log.Append(Packet(), true, "", kStart);
  log.Append(Packet(), true, "", kStart);
  log.Append(third, false, "", kStart);
  EXPECT_THAT(Numbers(log.After(0)), ElementsAre(1, 2, 3));
  EXPECT_THAT(Numbers(log.After(2)), ElementsAre(3));
  EXPECT_THAT(Numbers(log.After(3)), IsEmpty());
  EXPECT_EQ(log.After(2)->front().packet, third);
  EXPECT_FALSE(log.After(2)->front().numbered);
}

TEST(PacketLogTest, DoesNotKnowWhatWasNeverSent) {
  PacketLog log(1'000'000, 1min);
  EXPECT_FALSE(log.After(1).has_value());
  log.Append(Packet(), true, "", kStart);
  EXPECT_FALSE(log.After(2).has_value());
  EXPECT_FALSE(log.After(~std::uint64_t{0}).has_value());
}

TEST(PacketLogTest, ForgetsWhatIsTooOldAndSaysSo) {
  PacketLog log(1'000'000, 1min);
  log.Append(Packet(), true, "", kStart);
  log.Append(Packet(), true, "", kStart + 1min);
  EXPECT_THAT(Numbers(log.After(0)), ElementsAre(1, 2));
  log.Append(Packet(), true, "", kStart + 1min + 1ms);
  EXPECT_FALSE(log.After(0).has_value());
  EXPECT_THAT(Numbers(log.After(1)), ElementsAre(2, 3));
}

TEST(PacketLogTest, ForgetsTheOldestWhenTheyAreTooMany) {
  PacketLog log(1'000, 1min);
  for (int i = 0; i < 100; ++i) log.Append(Packet(), true, "", kStart);
  EXPECT_FALSE(log.After(80).has_value());
  EXPECT_THAT(Numbers(log.After(98)), ElementsAre(99, 100));
}

TEST(PacketLogTest, ForgetsAPacketThatIsTooLargeByItself) {
  PacketLog log(1'000, 1min);
  EXPECT_EQ(log.Append(Packet(2'000), true, "", kStart), 1u);
  EXPECT_FALSE(log.After(0).has_value());
  EXPECT_THAT(Numbers(log.After(1)), IsEmpty());
}

}  // namespace
}  // namespace parley::socketio
