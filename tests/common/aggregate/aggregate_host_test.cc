#include "common/aggregate/aggregate_host.h"

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/aggregate/host_fixture.h"
#include "tests/common/storage/one_command.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

using CreateTest = AggregateHostTest;
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
  OnThreads(kThreads, [this](int) {
    for (int n = 0; n < kCommands; ++n) EXPECT_TRUE(Execute(host_, "room", Add({1})).ok());
  });
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

TEST_F(AggregateHostTest, EventsAreReadPageByPage) {
  constexpr int kEvents = 1'000;
  for (int i = 0; i < kEvents; ++i) ASSERT_TRUE(Execute(host_, "room", Add({1})).ok());
  Position at{7, 1};
  int pages = 0;
  for (bool more = true; more; ++pages) {
    const auto page = host_.ReadAfter("room", at);
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_FALSE(page->records.empty());
    EXPECT_LT(page->records.size(), kEvents / 2u);
    at.sequence += page->records.size();
    EXPECT_EQ(page->records.back()->value(), absl::StrCat("7/", at.sequence, "=1"));
    more = page->has_more;
  }
  EXPECT_EQ(at, (Position{7, 1 + kEvents}));
  const auto nothing = host_.ReadAfter("room", at);
  ASSERT_TRUE(nothing.ok());
  EXPECT_TRUE(nothing->records.empty());
  EXPECT_FALSE(nothing->has_more);
}

TEST_F(AggregateHostTest, DamagedRoomIsAnInternalErrorAndOthersAreServed) {
  memory_.Append(storage::OneCommand("damaged", {9, 0}, {"\xff\xff"}), [](const absl::Status&) {});
  google::protobuf::StringValue nonsense;
  nonsense.set_value("9/1=many");
  memory_.Append(storage::OneCommand("nonsense", {9, 0}, {nonsense.SerializeAsString()}),
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
  EXPECT_TRUE(host_.Open("other", 8).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(host_.Open("other", 9)));
  EXPECT_TRUE(absl::IsAlreadyExists(host_.Open("room", 9)));
  EXPECT_THAT(Subscribe(host_, std::nullopt, "other")->Take(), ElementsAre("snapshot 8/0 total 0"));
  EXPECT_TRUE(Is(host_.ReadAfter("other", {7, 3}).status(), kPositionNotServed));
  EXPECT_EQ(Execute(host_, "other", Add({1}))->position, (Position{8, 1}));
  host_.Close("other");
  EXPECT_TRUE(host_.Open("other", 9).ok());
}

TEST_F(CloseTest, OpenedRoomWithoutCommandsCanBeClosed) {
  ASSERT_TRUE(host_.Open("other", 8).ok());
  const auto witness = Subscribe(host_, std::nullopt, "other");
  host_.Close("other");
  EXPECT_THAT(witness->Take(), ElementsAre("snapshot 8/0 total 0", "destroyed"));
  EXPECT_TRUE(host_.Open("other", 9).ok());
}

}  // namespace
}  // namespace parley
