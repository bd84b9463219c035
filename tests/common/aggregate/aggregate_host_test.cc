#include "common/aggregate/aggregate_host.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/aggregate/tally.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AggregateHostTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Create(host_, "room", 7, Add({1})).ok()); }

  /// The total, or -1 when the room can't be read.
  int Total(TallyHost& host, const std::string& room_id = "room") {
    int total = -1;
    host.Read(room_id, [&](const TallyCodec::State& state, Position) { total = state.total; }).IgnoreError();
    return total;
  }

  std::shared_ptr<Witness> Subscribe(TallyHost& host, std::optional<Position> after = std::nullopt,
                                     const std::string& room_id = "room") {
    auto witness = std::make_shared<Witness>();
    host.Subscribe(room_id, after, witness);
    return witness;
  }

  storage::MemoryLogStore memory_;
  StoreDouble store_{memory_};
  TallyHost host_{store_};
};

using CreateTest = AggregateHostTest;
using RepeatTest = AggregateHostTest;
using SubscribeTest = AggregateHostTest;
using SlowStoreTest = AggregateHostTest;
using OtherProcessTest = AggregateHostTest;
using BrokenStoreTest = AggregateHostTest;
using CloseTest = AggregateHostTest;

TEST_F(AggregateHostTest, CommandIsStoredAppliedAndTold) {
  const auto witness = Subscribe(host_);
  const auto outcome = Execute(host_, "room", Add({2, 3}));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->reply, 6);
  EXPECT_EQ(outcome->total, 6);
  EXPECT_EQ(outcome->position, (Position{7, 3}));
  EXPECT_EQ(memory_.Load("room")->head, (Position{7, 3}));
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 7/1 total 1", "7/2=2", "7/3=3"));
}

TEST_F(AggregateHostTest, RefusalChangesAndTellsNothing) {
  const auto witness = Subscribe(host_);
  const absl::Status refusal = MakeError(kKeyMismatch);
  EXPECT_EQ(Execute(host_, "room", Refuse(refusal)).status(), refusal);
  EXPECT_EQ(Total(host_), 1);
  EXPECT_EQ(memory_.Load("room")->head, (Position{7, 1}));
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 7/1 total 1"));
}

TEST_F(AggregateHostTest, CommandWithoutEventsIsAnsweredWithoutTheStore) {
  store_.FailAppends(absl::UnavailableError("not to be asked"));
  const auto outcome = Execute(host_, "room", Add({}));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->reply, 1);
  EXPECT_EQ(outcome->position, (Position{7, 1}));
}

TEST_F(AggregateHostTest, UnknownRoomIsNotFound) {
  EXPECT_TRUE(Is(Execute(host_, "nowhere", Add({1})).status(), kRoomNotFound));
  EXPECT_TRUE(Is(host_.Read("nowhere", [](const TallyCodec::State&, Position) {}), kRoomNotFound));
}

TEST_F(AggregateHostTest, LastEventEndsTheRoom) {
  const auto witness = Subscribe(host_);
  const auto outcome = Execute(host_, "room", Add({5, TallyCodec::kEnd}));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->total, -1);
  EXPECT_EQ(outcome->position, (Position{7, 3}));
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 7/1 total 1", "7/2=5", "7/3=-1", "destroyed"));
  EXPECT_TRUE(Is(Execute(host_, "room", Add({1})).status(), kRoomNotFound));
  EXPECT_TRUE(absl::IsNotFound(memory_.Load("room").status()));
}

TEST_F(AggregateHostTest, CommandsOfManyThreadsAreAllAppliedOneAfterAnother) {
  constexpr int kThreads = 4;
  constexpr int kCommands = 500;
  const auto witness = Subscribe(host_);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < kCommands; ++n) EXPECT_TRUE(Execute(host_, "room", Add({1})).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Total(host_), 1 + kThreads * kCommands);
  const std::vector<std::string> notes = witness->Take();
  ASSERT_EQ(notes.size(), 1u + kThreads * kCommands);
  for (std::size_t i = 1; i < notes.size(); ++i) EXPECT_EQ(notes[i], absl::StrCat("7/", i + 1, "=1"));
}

TEST_F(AggregateHostTest, CommandMayBeGivenByTheAnswerToAnother) {
  Answer second;
  host_.Execute("room", "", Add({2}), [&](const absl::StatusOr<TallyHost::Outcome>&) {
    host_.Execute("room", "", Add({3}), second.Done());
  });
  EXPECT_EQ(second.Get()->reply, 6);
}

TEST_F(AggregateHostTest, RoomIsLoadedFromTheStore) {
  ASSERT_TRUE(Execute(host_, "room", Add({2})).ok());
  TallyHost restarted(store_);
  EXPECT_EQ(Total(restarted), 3);
  EXPECT_EQ(Execute(restarted, "room", Add({1}))->position, (Position{7, 3}));
}

TEST_F(AggregateHostTest, StateIsSavedNowAndThenAndLoadedFrom) {
  // One command more than the events after which the state is saved.
  for (int i = 0; i < 1'025; ++i) ASSERT_TRUE(Execute(host_, "room", Add({1})).ok());
  const auto stored = memory_.Load("room");
  EXPECT_GT(stored->state_sequence, 0u);
  EXPECT_LT(stored->records.size(), 10u);
  TallyHost restarted(store_);
  EXPECT_EQ(Total(restarted), 1'026);
}

TEST_F(AggregateHostTest, DamagedRoomIsAnInternalErrorAndOthersAreServed) {
  memory_.Append({"damaged", {9, 0}, {"\xff\xff"}, "", "", false}, [](const absl::Status&) {});
  google::protobuf::StringValue nonsense;
  nonsense.set_value("9/1=many");
  memory_.Append({"nonsense", {9, 0}, {nonsense.SerializeAsString()}, "", "", false},
                 [](const absl::Status&) {});
  EXPECT_TRUE(Is(Execute(host_, "damaged", Add({1})).status(), kInternal));
  EXPECT_TRUE(Is(Execute(host_, "nonsense", Add({1})).status(), kInternal));
  EXPECT_TRUE(Execute(host_, "room", Add({1})).ok());
}

TEST_F(CreateTest, TakenIdIsToldWithoutAReason) {
  const absl::Status status = Create(host_, "room", 8, Add({5})).status();
  EXPECT_TRUE(absl::IsAlreadyExists(status));
  EXPECT_EQ(ReasonOf(status), "");
  EXPECT_EQ(Total(host_), 1);
}

TEST_F(CreateTest, IdThatOnlyTheStoreKnowsIsTakenToo) {
  TallyHost restarted(store_);
  EXPECT_TRUE(absl::IsAlreadyExists(Create(restarted, "room", 8, Add({5})).status()));
  EXPECT_EQ(Total(restarted), 1);
}

TEST_F(CreateTest, RefusedRoomNeverWas) {
  EXPECT_TRUE(Is(Create(host_, "other", 8, Refuse(MakeError(kInvalidRequest))).status(), kInvalidRequest));
  EXPECT_EQ(Total(host_, "other"), -1);
  EXPECT_THAT(Subscribe(host_, std::nullopt, "other")->Take(), ElementsAre("not found"));
  EXPECT_TRUE(Create(host_, "other", 8, Add({1})).ok());
}

TEST_F(CreateTest, RoomThatCantBeStoredNeverWas) {
  store_.FailAppends(absl::UnavailableError("away"));
  EXPECT_TRUE(Is(Create(host_, "other", 8, Add({1})).status(), kServiceUnavailable));
  EXPECT_EQ(Total(host_, "other"), -1);
  store_.FailAppends(absl::OkStatus());
  EXPECT_TRUE(Create(host_, "other", 8, Add({1})).ok());
}

TEST_F(CreateTest, RoomIsNotThereBeforeItIsStored) {
  store_.HoldAppends();
  Answer created;
  host_.Create("other", 8, "", Add({1}), created.Done());
  EXPECT_EQ(Total(host_, "other"), -1);
  EXPECT_THAT(Subscribe(host_, std::nullopt, "other")->Take(), ElementsAre("not found"));
  EXPECT_TRUE(absl::IsAlreadyExists(Create(host_, "other", 9, Add({1})).status()));
  store_.ReleaseOne();
  EXPECT_TRUE(created.Get().ok());
  EXPECT_EQ(Total(host_, "other"), 1);
}

TEST_F(CreateTest, IdThatAnotherProcessTakesMeanwhileIsTaken) {
  store_.BeforeNextAppend([this] {
    TallyHost other_process(memory_);
    ASSERT_TRUE(Create(other_process, "other", 9, Add({100})).ok());
  });
  EXPECT_TRUE(absl::IsAlreadyExists(Create(host_, "other", 8, Add({1})).status()));
  EXPECT_EQ(Total(host_, "other"), 100);
}

TEST_F(CreateTest, RepeatedRequestGetsTheFirstAnswerWhateverIdItComesWith) {
  const auto first = Create(host_, "a", 8, Add({5}), "request");
  const auto again = Create(host_, "b", 9, Add({6}), "request");
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(again->reply, 5);
  EXPECT_EQ(again->position, (Position{8, 1}));
  EXPECT_EQ(Total(host_, "b"), -1);
  EXPECT_TRUE(absl::IsNotFound(memory_.Load("b").status()));
}

TEST_F(CreateTest, RequestThatOvertakesItselfMakesOneRoom) {
  store_.HoldAppends();
  Answer first;
  Answer second;
  host_.Create("a", 8, "request", Add({5}), first.Done());
  host_.Create("b", 9, "request", Add({6}), second.Done());
  ASSERT_EQ(store_.held(), 2u);
  store_.ReleaseOne();
  store_.ReleaseOne();
  EXPECT_EQ(first.Get()->reply, 5);
  EXPECT_EQ(second.Get()->reply, 5);
  EXPECT_EQ(Total(host_, "a"), 5);
  EXPECT_EQ(Total(host_, "b"), -1);
}

TEST_F(RepeatTest, RequestIsCarriedOutOnceAndAnsweredAlike) {
  const auto first = Execute(host_, "room", Add({2}), "request");
  ASSERT_TRUE(Execute(host_, "room", Add({10})).ok());
  const auto again = Execute(host_, "room", Add({2}), "request");
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(again->reply, 3);
  // State and position are those of now, and belong together.
  EXPECT_EQ(again->total, 13);
  EXPECT_EQ(again->position, (Position{7, 3}));
}

TEST_F(RepeatTest, AnswerWithoutEventsIsKeptToo) {
  EXPECT_EQ(Execute(host_, "room", Add({}), "request")->reply, 1);
  ASSERT_TRUE(Execute(host_, "room", Add({10})).ok());
  EXPECT_EQ(Execute(host_, "room", Add({}), "request")->reply, 1);
}

TEST_F(RepeatTest, RequestThatEndedTheRoomIsAnsweredAlike) {
  const auto first = Execute(host_, "room", Add({TallyCodec::kEnd}), "request");
  const auto again = Execute(host_, "room", Add({TallyCodec::kEnd}), "request");
  ASSERT_TRUE(first.ok() && again.ok()) << again.status();
  EXPECT_EQ(again->reply, first->reply);
  EXPECT_EQ(again->position, first->position);
  EXPECT_EQ(again->total, -1);
}

TEST_F(RepeatTest, AnswerSurvivesARestart) {
  ASSERT_TRUE(Execute(host_, "room", Add({2}), "request").ok());
  TallyHost restarted(store_);
  EXPECT_EQ(Execute(restarted, "room", Add({2}), "request")->reply, 3);
  EXPECT_EQ(Total(restarted), 3);
}

TEST_F(RepeatTest, RefusalIsNotKept) {
  EXPECT_FALSE(Execute(host_, "room", Refuse(MakeError(kKeyMismatch)), "request").ok());
  EXPECT_EQ(Execute(host_, "room", Add({2}), "request")->reply, 3);
}

TEST_F(RepeatTest, RequestOfAnotherRoomIsInvalid) {
  ASSERT_TRUE(Create(host_, "other", 8, Add({100})).ok());
  ASSERT_TRUE(Execute(host_, "other", Add({1}), "request").ok());
  EXPECT_TRUE(Is(Execute(host_, "room", Add({1}), "request").status(), kInvalidRequest));
  EXPECT_TRUE(Is(Execute(host_, "nowhere", Add({1}), "request").status(), kInvalidRequest));
  EXPECT_EQ(Total(host_), 1);
}

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
  store_.FailReads(absl::OkStatus());
  EXPECT_EQ(Execute(restarted, "room", Add({2}))->reply, 3);
}

TEST_F(BrokenStoreTest, RequestThatMayHaveBeenAnsweredIsNotCarriedOut) {
  store_.FailReads(MakeError(kServiceUnavailable));
  EXPECT_TRUE(Is(Execute(host_, "room", Add({2}), "request").status(), kServiceUnavailable));
  EXPECT_EQ(Total(host_), 1);
}

TEST_F(CloseTest, ClosedRoomIsGoneWithoutAnEvent) {
  const auto witness = Subscribe(host_);
  absl::Status closed = absl::UnknownError("not answered");
  host_.Close("room", [&](const absl::Status& status) { closed = status; });
  EXPECT_TRUE(closed.ok());
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 7/1 total 1", "destroyed"));
  EXPECT_EQ(Total(host_), -1);
  EXPECT_TRUE(absl::IsNotFound(memory_.Load("room").status()));
}

TEST_F(CloseTest, RoomThatIsNotThereIsPassedOver) {
  absl::Status closed = absl::UnknownError("not answered");
  host_.Close("nowhere", [&](const absl::Status& status) { closed = status; });
  EXPECT_TRUE(closed.ok());
  host_.Close("nowhere");
}

TEST_F(CloseTest, CommandsThatCameBeforeAreCarriedOut) {
  store_.HoldAppends();
  Answer before;
  Answer after;
  host_.Execute("room", "", Add({2}), before.Done());
  host_.Close("room");
  host_.Execute("room", "", Add({3}), after.Done());
  store_.ReleaseOne();
  EXPECT_EQ(before.Get()->reply, 3);
  store_.ReleaseOne();
  EXPECT_TRUE(Is(after.Get().status(), kRoomNotFound));
}

TEST_F(CloseTest, OpenedRoomIsThereBeforeItsFirstCommand) {
  EXPECT_TRUE(host_.Open("other", 8));
  EXPECT_FALSE(host_.Open("other", 9));
  EXPECT_FALSE(host_.Open("room", 9));
  EXPECT_THAT(Subscribe(host_, std::nullopt, "other")->Take(), ElementsAre("snapshot 8/0 total 0"));
  EXPECT_EQ(Execute(host_, "other", Add({1}))->position, (Position{8, 1}));
  host_.Close("other");
  EXPECT_TRUE(host_.Open("other", 9));
}

TEST_F(CloseTest, OpenedRoomWithoutCommandsCanBeClosed) {
  ASSERT_TRUE(host_.Open("other", 8));
  const auto witness = Subscribe(host_, std::nullopt, "other");
  host_.Close("other");
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 8/0 total 0", "destroyed"));
  EXPECT_TRUE(host_.Open("other", 9));
}

}  // namespace
}  // namespace parley
