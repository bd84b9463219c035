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
  PacketLog log(1'000'000, 1min, nullptr);
  EXPECT_EQ(log.Append(Packet(), true, "", kStart), 1u);
  EXPECT_EQ(log.Append(Packet(), false, "", kStart), 2u);
}

TEST(PacketLogTest, GivesWhatFollowedInOrder) {
  PacketLog log(1'000'000, 1min, nullptr);
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
  PacketLog log(1'000'000, 1min, nullptr);
  EXPECT_FALSE(log.After(1).has_value());
  log.Append(Packet(), true, "", kStart);
  EXPECT_FALSE(log.After(2).has_value());
  EXPECT_FALSE(log.After(~std::uint64_t{0}).has_value());
}

TEST(PacketLogTest, ForgetsWhatIsTooOldAndSaysSo) {
  PacketLog log(1'000'000, 1min, nullptr);
  log.Append(Packet(), true, "", kStart);
  log.Append(Packet(), true, "", kStart + 1min);
  EXPECT_THAT(Numbers(log.After(0)), ElementsAre(1, 2));
  log.Append(Packet(), true, "", kStart + 1min + 1ms);
  EXPECT_FALSE(log.After(0).has_value());
  EXPECT_THAT(Numbers(log.After(1)), ElementsAre(2, 3));
}

TEST(PacketLogTest, ForgetsTheOldestWhenTheyAreTooMany) {
  PacketLog log(1'000, 1min, nullptr);
  for (int i = 0; i < 100; ++i) log.Append(Packet(), true, "", kStart);
  EXPECT_FALSE(log.After(80).has_value());
  EXPECT_THAT(Numbers(log.After(98)), ElementsAre(99, 100));
}

TEST(PacketLogTest, ForgetsAPacketThatIsTooLargeByItself) {
  PacketLog log(1'000, 1min, nullptr);
  EXPECT_EQ(log.Append(Packet(2'000), true, "", kStart), 1u);
  EXPECT_FALSE(log.After(0).has_value());
  EXPECT_THAT(Numbers(log.After(1)), IsEmpty());
}

class PacketLogBudgetTest : public testing::Test {
 protected:
  static constexpr std::size_t kShort = limits::QueueBudget::kShortQueue;

  limits::QueueBudget budget_{10 * kShort};
  PacketLog log_{1'000'000, 1min, &budget_};
};

TEST_F(PacketLogBudgetTest, CountsWhatIsKept) {
  log_.Append(Packet(1000), true, "", kStart);
  const std::size_t one = budget_.bytes();
  EXPECT_GT(one, 1000u);
  log_.Append(Packet(1000), true, "", kStart);
  EXPECT_EQ(budget_.bytes(), 2 * one);
  log_.Append(Packet(1000), true, "", kStart + 2min);
  EXPECT_EQ(budget_.bytes(), one);
  {
    PacketLog other(1'000'000, 1min, &budget_);
    other.Append(Packet(1000), true, "", kStart);
    EXPECT_EQ(budget_.bytes(), 2 * one);
  }
  EXPECT_EQ(budget_.bytes(), one);
}

TEST_F(PacketLogBudgetTest, ForgetsTheOldestBeyondAFewWhenHalfTheBudgetIsSpent) {
  for (int i = 0; i < 6; ++i) log_.Append(Packet(kShort / 3), true, "", kStart);
  EXPECT_THAT(Numbers(log_.After(0)), ElementsAre(1, 2, 3, 4, 5, 6)) << "while there is room";
  limits::QueuedBytes others(&budget_);
  others.Set(5 * kShort + 1);
  log_.Append(Packet(kShort / 3), true, "", kStart);
  EXPECT_FALSE(log_.After(4).has_value());
  EXPECT_THAT(Numbers(log_.After(5)), ElementsAre(6, 7));
  EXPECT_LE(budget_.bytes() - others.get(), kShort);
}

}  // namespace
}  // namespace parley::socketio
