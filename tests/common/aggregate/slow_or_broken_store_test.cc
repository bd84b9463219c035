#include <thread>

#include "common/aggregate/aggregate_host.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/aggregate/host_fixture.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using SlowStoreTest = AggregateHostTest;
using BrokenStoreTest = AggregateHostTest;

TEST_F(SlowStoreTest, NothingIsToldBeforeItIsStored) {
  const auto witness = Subscribe(host_);
  witness->Take();
  store_.HoldAppends();
  Answer answer;
  host_.Execute("room", "", Add({2}), answer.Done());
  EXPECT_FALSE(answer.arrived());
  EXPECT_EQ(Total(host_), 1);
  EXPECT_THAT(witness->Take(), IsEmpty());
  store_.ReleaseOne();
  EXPECT_EQ(answer.Get()->reply, 3);
  EXPECT_THAT(witness->Take(), ElementsAre("7/2=2"));
}

TEST_F(SlowStoreTest, CommandsOfOneRoomWaitForEachOther) {
  store_.HoldAppends();
  Answer first;
  Answer second;
  Answer third;
  host_.Execute("room", "", Add({2}), first.Done());
  host_.Execute("room", "", Refuse(MakeError(kKeyMismatch)), second.Done());
  host_.Execute("room", "", Add({4}), third.Done());
  EXPECT_EQ(store_.held(), 1u);
  EXPECT_FALSE(second.arrived());
  store_.ReleaseOne();
  EXPECT_EQ(first.Get()->reply, 3);
  EXPECT_TRUE(Is(second.Get().status(), kKeyMismatch));
  EXPECT_FALSE(third.arrived());
  store_.ReleaseOne();
  EXPECT_EQ(third.Get()->reply, 7);
}

TEST_F(SlowStoreTest, RoomsDontWaitForEachOther) {
  ASSERT_TRUE(Create(host_, "other", 8, Add({1})).ok());
  store_.HoldAppends();
  Answer first;
  Answer second;
  host_.Execute("room", "", Add({2}), first.Done());
  host_.Execute("other", "", Add({2}), second.Done());
  EXPECT_EQ(store_.held(), 2u);
  store_.ReleaseOne();
  store_.ReleaseOne();
  EXPECT_TRUE(first.Get().ok());
  EXPECT_TRUE(second.Get().ok());
}

TEST_F(SlowStoreTest, WatcherThatResumesIsToldWhatIsUnderWayOnce) {
  store_.HoldAppends();
  Answer answer;
  host_.Execute("room", "", Add({2}), answer.Done());
  const auto witness = Subscribe(host_, Position{7, 0});
  EXPECT_THAT(witness->Take(), ElementsAre("7/1=1"));
  store_.ReleaseOne();
  EXPECT_TRUE(answer.Get().ok());
  EXPECT_THAT(witness->Take(), ElementsAre("7/2=2"));
}

TEST_F(SlowStoreTest, RepetitionThatWaitsBehindItsFirstIsAnsweredAlike) {
  store_.HoldAppends();
  Answer first;
  Answer again;
  host_.Execute("room", "request", Add({2}), first.Done());
  host_.Execute("room", "request", Add({2}), again.Done());
  store_.ReleaseOne();
  EXPECT_EQ(first.Get()->reply, 3);
  EXPECT_EQ(again.Get()->reply, 3);
  EXPECT_EQ(Total(host_), 3);
}

TEST_F(SlowStoreTest, AnswersMayComeOnAnyThread) {
  store_.HoldAppends();
  constexpr int kCommands = 200;
  std::vector<Answer> answers(kCommands);
  std::thread storage([this] {
    for (int released = 0; released < kCommands;) {
      if (store_.held() == 0) {
        std::this_thread::yield();
        continue;
      }
      store_.ReleaseOne();
      ++released;
    }
  });
  for (Answer& answer : answers) host_.Execute("room", "", Add({1}), answer.Done());
  for (int i = 0; i < kCommands; ++i) EXPECT_EQ(answers[i].Get()->reply, 2 + i);
  storage.join();
}

TEST_F(BrokenStoreTest, CommandThatCantBeStoredChangesAndTellsNothing) {
  const auto witness = Subscribe(host_);
  witness->Take();
  store_.FailAppends(absl::UnavailableError("away"));
  EXPECT_TRUE(Is(Execute(host_, "room", Add({2})).status(), kServiceUnavailable));
  EXPECT_EQ(Total(host_), 1);
  EXPECT_THAT(witness->Take(), IsEmpty());
  store_.FailAppends(absl::ResourceExhaustedError("full"));
  EXPECT_TRUE(Is(Execute(host_, "room", Add({2})).status(), kStorageUnavailable)) << "it had no effect";
  EXPECT_THAT(witness->Take(), IsEmpty());
  store_.FailAppends(absl::OkStatus());
  EXPECT_EQ(Execute(host_, "room", Add({2}))->reply, 3);
  EXPECT_THAT(witness->Take(), ElementsAre("7/2=2"));
}

TEST_F(BrokenStoreTest, RoomThatCantBeLoadedIsUnavailableNotUnknown) {
  TallyHost restarted(store_);
  store_.FailReads(MakeError(kServiceUnavailable));
  EXPECT_TRUE(Is(Execute(restarted, "room", Add({2})).status(), kServiceUnavailable));
  EXPECT_TRUE(Is(Create(restarted, "room", 8, Add({2})).status(), kServiceUnavailable));
  EXPECT_TRUE(Is(restarted.Open("room", 8), kServiceUnavailable));
  EXPECT_THAT(Subscribe(restarted)->Take(), ElementsAre("unavailable"));
  store_.FailReads(absl::OkStatus());
  EXPECT_EQ(Execute(restarted, "room", Add({2}))->reply, 3);
}

TEST_F(BrokenStoreTest, RequestThatMayHaveBeenAnsweredIsNotCarriedOut) {
  store_.FailReads(MakeError(kServiceUnavailable));
  EXPECT_TRUE(Is(Execute(host_, "room", Add({2}), "request").status(), kServiceUnavailable));
  EXPECT_EQ(Total(host_), 1);
}

}  // namespace
}  // namespace parley
