#include <thread>

#include "common/aggregate/aggregate_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/aggregate/host_fixture.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using SubscribeTest = AggregateHostTest;

TEST_F(SubscribeTest, WatcherResumesAfterAPosition) {
  ASSERT_TRUE(Execute(host_, "room", Add({2, 3})).ok());
  EXPECT_THAT(Subscribe(host_, Position{7, 0})->Take(), ElementsAre("7/1=1", "7/2=2", "7/3=3"));
  EXPECT_THAT(Subscribe(host_, Position{7, 2})->Take(), ElementsAre("7/3=3"));
  EXPECT_THAT(Subscribe(host_, Position{7, 3})->Take(), IsEmpty());
}

TEST_F(SubscribeTest, PositionThatCantBeServedIsAnsweredWithASnapshot) {
  EXPECT_THAT(Subscribe(host_, Position{6, 1})->Take(), ElementsAre("snapshot 7/1 total 1"));
  EXPECT_THAT(Subscribe(host_, Position{7, 2})->Take(), ElementsAre("snapshot 7/1 total 1"));
  EXPECT_THAT(Subscribe(host_, Position{})->Take(), ElementsAre("snapshot 7/1 total 1"));
}

TEST_F(SubscribeTest, TrimmedPositionIsAnsweredWithASnapshot) {
  storage::MemoryLogStore small({.retained_records = 1, .retained_replies = 1});
  TallyHost host(small);
  ASSERT_TRUE(Create(host, "room", 7, Add({1})).ok());
  ASSERT_TRUE(Execute(host, "room", Add({1, 1})).ok());
  small.SaveState("room", {7, 3}, "1,1,1,");
  EXPECT_THAT(Subscribe(host, Position{7, 1})->Take(), ElementsAre("snapshot 7/3 total 3"));
}

TEST_F(SubscribeTest, UnknownRoomEndsAtOnce) {
  EXPECT_THAT(Subscribe(host_, std::nullopt, "nowhere")->Take(), ElementsAre("not found"));
}

TEST_F(SubscribeTest, NothingIsToldAfterUnsubscribing) {
  const auto witness = Subscribe(host_);
  host_.Unsubscribe("room", witness);
  host_.Unsubscribe("nowhere", witness);
  witness->Take();
  ASSERT_TRUE(Execute(host_, "room", Add({2})).ok());
  EXPECT_THAT(witness->Take(), IsEmpty());
}

TEST_F(SubscribeTest, SubscribingTwiceTellsOnce) {
  const auto witness = Subscribe(host_);
  host_.Subscribe("room", std::nullopt, witness);
  witness->Take();
  ASSERT_TRUE(Execute(host_, "room", Add({2})).ok());
  EXPECT_THAT(witness->Take(), ElementsAre("7/2=2"));
}

TEST_F(SubscribeTest, SnapshotAndEventsFitTogetherWhileCommandsPourIn) {
  std::thread writer([this] {
    for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(Execute(host_, "room", Add({1})).ok());
  });
  std::vector<std::shared_ptr<Witness>> witnesses;
  for (int i = 0; i < 50; ++i) {
    witnesses.push_back(Subscribe(host_));
    witnesses.push_back(Subscribe(host_, Position{7, 1}));
  }
  writer.join();
  for (std::size_t i = 0; i < witnesses.size(); ++i) {
    const std::vector<std::string> notes = witnesses[i]->Take();
    std::uint64_t sequence = 1;
    std::size_t next = 0;
    if (i % 2 == 0) {
      // Every amount is 1, so the total of the snapshot is its sequence.
      ASSERT_FALSE(notes.empty());
      sequence = 2'001 - (notes.size() - 1);
      EXPECT_EQ(notes[next++], absl::StrCat("snapshot 7/", sequence, " total ", sequence));
    }
    for (; next < notes.size(); ++next) EXPECT_EQ(notes[next], absl::StrCat("7/", ++sequence, "=1"));
    EXPECT_EQ(sequence, 2'001u);
  }
}

}  // namespace
}  // namespace parley
