#include "common/aggregate/aggregate_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/aggregate/host_fixture.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

using OtherProcessTest = AggregateHostTest;

TEST_F(OtherProcessTest, CommandIsDecidedAgainOnWhatTheOtherDid) {
  const auto witness = Subscribe(host_);
  TallyHost other_process(memory_);
  store_.BeforeNextAppend([&] { ASSERT_TRUE(Execute(other_process, "room", Add({10})).ok()); });
  const auto outcome = Execute(host_, "room", Add({2}));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->reply, 13);
  EXPECT_EQ(outcome->position, (Position{7, 3}));
  // The watchers hear of both, in order.
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 7/1 total 1", "7/2=10", "7/3=2"));
}

TEST_F(OtherProcessTest, WatchersGetASnapshotWhenTheOthersEventsAreTrimmed) {
  const auto witness = Subscribe(host_);
  TallyHost other_process(memory_);
  store_.BeforeNextAppend([&] {
    ASSERT_TRUE(Execute(other_process, "room", Add({10, 20})).ok());
    memory_.SaveState("room", {7, 3}, "1,10,20,");
  });
  ASSERT_TRUE(Execute(host_, "room", Add({2})).ok());
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 7/1 total 1", "snapshot 7/3 total 31", "7/4=2"));
}

TEST_F(OtherProcessTest, CommandThatIsRefusedOnTheNewStateIsRefused) {
  TallyHost other_process(memory_);
  store_.BeforeNextAppend([&] { ASSERT_TRUE(Execute(other_process, "room", Add({10})).ok()); });
  const auto only_small = [](const TallyCodec::State& state) -> absl::StatusOr<TallyHost::Decision> {
    if (state.total > 5) return MakeError(kKeyMismatch);
    return TallyHost::Decision{{1}, 0};
  };
  EXPECT_TRUE(Is(Execute(host_, "room", only_small).status(), kKeyMismatch));
  EXPECT_EQ(Total(host_), 11);
}

TEST_F(OtherProcessTest, RequestThatTheOtherAnsweredIsAnsweredAlike) {
  TallyHost other_process(memory_);
  store_.BeforeNextAppend([&] { ASSERT_TRUE(Execute(other_process, "room", Add({10}), "request").ok()); });
  const auto outcome = Execute(host_, "room", Add({10}), "request");
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->reply, 11);
  EXPECT_EQ(memory_.Load("room")->head, (Position{7, 2}));
}

TEST_F(OtherProcessTest, RoomThatTheOtherEndedIsGone) {
  const auto witness = Subscribe(host_);
  TallyHost other_process(memory_);
  store_.BeforeNextAppend([&] { ASSERT_TRUE(Execute(other_process, "room", Add({TallyCodec::kEnd})).ok()); });
  EXPECT_TRUE(Is(Execute(host_, "room", Add({2})).status(), kRoomNotFound));
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 7/1 total 1", "destroyed"));
  EXPECT_EQ(Total(host_), -1);
}

TEST_F(OtherProcessTest, CommandThatNeverWinsIsGivenUp) {
  TallyHost other_process(memory_);
  store_.BeforeEveryAppend([&] { ASSERT_TRUE(Execute(other_process, "room", Add({1})).ok()); });
  EXPECT_TRUE(Is(Execute(host_, "room", Add({100})).status(), kServiceUnavailable));
  store_.BeforeEveryAppend(nullptr);
  // It is decided on a stale state once more, which is put right by itself.
  EXPECT_TRUE(Execute(host_, "room", Add({100})).ok());
}

}  // namespace
}  // namespace parley
