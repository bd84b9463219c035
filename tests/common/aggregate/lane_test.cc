#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/aggregate/aggregate_host.h"
#include "common/turn/turn.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/aggregate/host_fixture.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

/// What is queued behind a command that is being stored.
class LaneTest : public AggregateHostTest {
 protected:
  void SetUp() override {
    AggregateHostTest::SetUp();
    store_.TakeSizes();
    store_.HoldAppends();
    host_.Execute("room", "", Add({10}), first_.Done());
  }

  Answer Wait(const std::string& lane, TallyHost::Decide decide, const std::string& request_id = "") {
    Answer answer;
    host_.Execute("room", request_id, std::move(decide), answer.Done(), lane);
    return answer;
  }

  /// Lets everything be stored; how many commands each append had.
  std::vector<std::size_t> Release() {
    while (store_.held() > 0) store_.ReleaseOne();
    return store_.TakeSizes();
  }

  Answer first_;
};

TEST_F(LaneTest, CommandsOfDifferentLanesAreStoredTogetherInTheirOrder) {
  const auto witness = Subscribe(host_);
  Answer b = Wait("b", Add({1, 2}));
  Answer c = Wait("c", Add({3}));
  Answer d = Wait("d", Add({4}), "request");
  EXPECT_THAT(Release(), ElementsAre(1, 3));
  EXPECT_THAT(witness->Take(),
              ElementsAre("snapshot 7/1 total 1", "7/2=10", "7/3=1", "7/4=2", "7/5=3", "7/6=4"));
  // Each was decided without the others, and is answered with the room after all of them.
  EXPECT_EQ(b.Get()->reply, 14);
  EXPECT_EQ(c.Get()->reply, 14);
  EXPECT_EQ(d.Get()->reply, 15);
  for (Answer* answer : {&b, &c, &d}) {
    EXPECT_EQ(answer->Get()->total, 21);
    EXPECT_EQ(answer->Get()->position, (Position{7, 6}));
  }
  TallyHost restarted(memory_);
  EXPECT_EQ(Total(restarted), 21);
  EXPECT_EQ(Execute(restarted, "room", Add({4}), "request")->reply, 15);
}

TEST_F(LaneTest, CommandsOfOneLaneSeeEachOther) {
  Answer b = Wait("b", Add({1}));
  Answer c = Wait("c", Add({1}));
  Answer b_next = Wait("b", Add({1}));
  Answer d = Wait("d", Add({1}));
  EXPECT_THAT(Release(), ElementsAre(1, 2, 2));
  EXPECT_EQ(b.Get()->reply, 12);
  EXPECT_EQ(c.Get()->reply, 12);
  EXPECT_EQ(b_next.Get()->reply, 14);
  EXPECT_EQ(d.Get()->reply, 14);
}

TEST_F(LaneTest, CommandsWithoutALaneSeeAllAndAreSeenByAll) {
  Answer b = Wait("b", Add({1}));
  Answer all = Wait("", Add({1}));
  Answer all_next = Wait("", Add({1}));
  Answer c = Wait("c", Add({1}));
  EXPECT_THAT(Release(), ElementsAre(1, 1, 1, 1, 1));
  EXPECT_EQ(b.Get()->reply, 12);
  EXPECT_EQ(all.Get()->reply, 13);
  EXPECT_EQ(all_next.Get()->reply, 14);
  EXPECT_EQ(c.Get()->reply, 15);
}

TEST_F(LaneTest, SomeOfManyAreStoredTogether) {
  std::vector<Answer> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(Wait(absl::StrCat("lane ", i), Add({1})));
  EXPECT_THAT(Release(), ElementsAre(1, 64, 36));
  for (Answer& answer : answers) EXPECT_TRUE(answer.Get().ok());
  EXPECT_EQ(Total(host_), 111);
}

TEST_F(LaneTest, RefusalDoesntMatterToTheOthers) {
  Answer b = Wait("b", Add({1}));
  Answer c = Wait("c", Refuse(MakeError(kKeyMismatch)));
  Answer d = Wait("d", Add({}));
  Answer e = Wait("e", Add({2}));
  EXPECT_THAT(Release(), ElementsAre(1, 2));
  EXPECT_TRUE(b.Get().ok());
  EXPECT_TRUE(Is(c.Get().status(), kKeyMismatch));
  EXPECT_EQ(d.Get()->reply, 11);
  EXPECT_TRUE(e.Get().ok());
  EXPECT_EQ(Total(host_), 14);
}

TEST_F(LaneTest, WhereAllAreRefusedTheNextHaveTheirTurn) {
  Answer b = Wait("b", Refuse(MakeError(kKeyMismatch)));
  Answer c = Wait("c", Refuse(MakeError(kKeyMismatch)));
  Answer next = Wait("", Add({2}));
  EXPECT_THAT(Release(), ElementsAre(1, 1));
  EXPECT_TRUE(Is(b.Get().status(), kKeyMismatch));
  EXPECT_TRUE(Is(c.Get().status(), kKeyMismatch));
  EXPECT_EQ(next.Get()->reply, 13);
}

TEST_F(LaneTest, RepetitionInAnotherLaneIsAnsweredAlike) {
  Answer b = Wait("b", Add({1}), "request");
  Answer again = Wait("c", Add({1}), "request");
  EXPECT_THAT(Release(), ElementsAre(1, 1));
  EXPECT_EQ(b.Get()->reply, 12);
  EXPECT_EQ(again.Get()->reply, 12);
  EXPECT_EQ(Total(host_), 12);
}

TEST_F(LaneTest, RoomIsClosedBetweenThem) {
  Answer before = Wait("b", Add({1}));
  host_.Close("room");
  Answer after = Wait("c", Add({1}));
  EXPECT_THAT(Release(), ElementsAre(1, 1, 1));
  EXPECT_TRUE(before.Get().ok());
  EXPECT_TRUE(Is(after.Get().status(), kRoomNotFound));
}

TEST_F(LaneTest, RoomThatEndsWithOneOfThemIsGoneForAll) {
  const auto witness = Subscribe(host_);
  Answer b = Wait("b", Add({1}));
  Answer end = Wait("c", Add({TallyCodec::kEnd}));
  Answer after = Wait("d", Add({1}));
  Release();
  EXPECT_EQ(b.Get()->total, -1);
  EXPECT_TRUE(end.Get().ok());
  EXPECT_TRUE(Is(after.Get().status(), kRoomNotFound));
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 7/1 total 1", "7/2=10", "7/3=1", "7/4=-1", "destroyed"));
  EXPECT_TRUE(absl::IsNotFound(memory_.Load("room").status()));
}

TEST_F(LaneTest, WhatCantBeStoredFailsForAllAndChangesNothing) {
  Answer b = Wait("b", Add({1}));
  Answer c = Wait("c", Add({2}));
  store_.FailAppends(absl::UnavailableError("away"));
  Release();
  store_.FailAppends(absl::OkStatus());
  EXPECT_TRUE(Is(b.Get().status(), kServiceUnavailable));
  EXPECT_TRUE(Is(c.Get().status(), kServiceUnavailable));
  EXPECT_EQ(Total(host_), 11);
}

TEST_F(LaneTest, AllAreDecidedAgainOnWhatAnotherProcessDid) {
  Answer b = Wait("b", Add({1}));
  Answer c = Wait("c", Add({2}));
  store_.ReleaseOne();
  TallyHost other_process(memory_);
  ASSERT_TRUE(Execute(other_process, "room", Add({100})).ok());
  Release();
  EXPECT_EQ(b.Get()->reply, 112);
  EXPECT_EQ(c.Get()->reply, 113);
  EXPECT_EQ(Total(host_), 114);
}

TEST_F(LaneTest, RequestThatAnotherRoomAnsweredMeanwhileIsInvalidAndTheOthersAreNot) {
  Answer b = Wait("b", Add({1}), "request");
  Answer c = Wait("c", Add({2}));
  store_.ReleaseOne();
  TallyHost other_process(memory_);
  ASSERT_TRUE(Create(other_process, "other", 8, Add({100}), "request").ok());
  Release();
  EXPECT_TRUE(Is(b.Get().status(), kInvalidRequest));
  EXPECT_EQ(c.Get()->reply, 13);
  EXPECT_EQ(Total(host_), 13);
}

TEST_F(LaneTest, RoomThatAnotherProcessEndedIsGoneForAll) {
  Answer b = Wait("b", Add({1}), "request");
  Answer c = Wait("c", Add({2}));
  store_.ReleaseOne();
  TallyHost other_process(memory_);
  ASSERT_TRUE(Execute(other_process, "room", Add({TallyCodec::kEnd})).ok());
  Release();
  EXPECT_TRUE(Is(b.Get().status(), kRoomNotFound));
  EXPECT_TRUE(Is(c.Get().status(), kRoomNotFound));
  EXPECT_EQ(Total(host_), -1);
}

TEST_F(AggregateHostTest, LanesOfManyThreadsLoseNothingAndKeepTheirOwnOrder) {
  constexpr int kThreads = 4;
  constexpr int kCommands = 500;
  const auto witness = Subscribe(host_);
  OnThreads(kThreads, [this](int i) {
    std::vector<Answer> answers(kCommands);
    for (int n = 0; n < kCommands; ++n) {
      host_.Execute("room", "", Add({i * kCommands + n}), answers[n].Done(), absl::StrCat(i));
    }
    for (Answer& answer : answers) EXPECT_TRUE(answer.Get().ok());
  });
  const std::vector<std::string> notes = witness->Take();
  ASSERT_EQ(notes.size(), 1u + kThreads * kCommands);
  std::vector<int> next(kThreads);
  for (std::size_t i = 1; i < notes.size(); ++i) {
    const std::vector<std::string> parts = absl::StrSplit(notes[i], '=');
    EXPECT_EQ(parts[0], absl::StrCat("7/", i + 1));
    const int amount = std::stoi(parts[1]);
    EXPECT_EQ(amount % kCommands, next[amount / kCommands]++);
  }
}

TEST_F(AggregateHostTest, CommandsOfATurnAreStoredTogetherAtItsEnd) {
  std::vector<Answer> answers(3);
  {
    const Turn turn;
    for (int i = 0; i < 3; ++i) {
      host_.Execute("room", "", Add({1}), answers[i].Done(), absl::StrCat("lane ", i));
    }
    EXPECT_THAT(store_.TakeSizes(), ElementsAre(1)) << "that of SetUp";
  }
  EXPECT_THAT(store_.TakeSizes(), ElementsAre(3));
  for (Answer& answer : answers) EXPECT_EQ(answer.Get()->total, 4);
}

}  // namespace
}  // namespace parley
