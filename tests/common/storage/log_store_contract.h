#pragma once

#include <atomic>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/storage/log_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/common/storage/one_command.h"

namespace parley::storage {

/// What every engine promises. An engine's test names a type whose objects have a fresh store each:
///   struct MemoryEngine { MemoryLogStore store; };
///   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, LogStoreContract, MemoryEngine);
template <typename Engine>
class LogStoreContract : public ::testing::Test {
 protected:
  LogStore& store() { return engine_.store; }

  /// Appends and waits for the answer.
  absl::Status Append(AppendRequest request) {
    std::promise<absl::Status> answer;
    store().Append(std::move(request), [&](absl::Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }

  absl::Status Append(const std::string& room_id, Position head, std::vector<std::string> records) {
    return Append(OneCommand(room_id, head, std::move(records)));
  }

  /// The bytes of what follows `after`, "!" and the code when that can't be told.
  std::vector<std::string> ReadAfter(const std::string& room_id, Position after, std::size_t max = kNoLimit) {
    const auto records = store().ReadAfter(room_id, after, max);
    if (!records.ok()) return {"!" + absl::StatusCodeToString(records.status().code())};
    std::vector<std::string> bytes;
    for (const Record& record : *records) {
      EXPECT_EQ(record.sequence, after.sequence + bytes.size() + 1) << "the sequence has a hole";
      bytes.push_back(record.bytes);
    }
    return bytes;
  }

  /// Saves a state and waits until that has happened: an Append that comes after it is answered after it.
  void SaveState(const std::string& room_id, Position at, std::string state) {
    store().SaveState(room_id, at, std::move(state));
    EXPECT_TRUE(absl::IsAborted(Append("no room", {1, 1}, {})));
  }

  std::set<std::string> RoomIds() {
    const auto ids = store().ListRoomIds();
    EXPECT_TRUE(ids.ok()) << ids.status();
    return {ids->begin(), ids->end()};
  }

  Engine engine_;
};

TYPED_TEST_SUITE_P(LogStoreContract);

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TYPED_TEST_P(LogStoreContract, RoomComesToBeWithItsFirstEvents) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a", "b"}).ok());
  const auto room = this->store().Load("room");
  ASSERT_TRUE(room.ok()) << room.status();
  EXPECT_EQ(room->head, (Position{7, 2}));
  EXPECT_EQ(room->state_sequence, 0u);
  EXPECT_EQ(room->state, "");
  ASSERT_EQ(room->records.size(), 2u);
  EXPECT_EQ(room->records[0].sequence, 1u);
  EXPECT_EQ(room->records[0].bytes, "a");
  EXPECT_EQ(room->records[1].sequence, 2u);
  EXPECT_EQ(room->records[1].bytes, "b");
}

TYPED_TEST_P(LogStoreContract, EventsFollowOneAnotherWithoutHoles) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a"}).ok());
  ASSERT_TRUE(this->Append("room", {7, 1}, {"b", "c"}).ok());
  ASSERT_TRUE(this->Append("room", {7, 3}, {"d"}).ok());
  EXPECT_THAT(this->ReadAfter("room", {7, 0}), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(this->store().Load("room")->head, (Position{7, 4}));
}

TYPED_TEST_P(LogStoreContract, EventsKeepEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  const std::string large(300'000, '\xff');
  ASSERT_TRUE(this->Append("room", {7, 0}, {all, "", large}).ok());
  EXPECT_THAT(this->ReadAfter("room", {7, 0}), ElementsAre(all, "", large));
}

TYPED_TEST_P(LogStoreContract, IncarnationsUpTo53BitsAreKept) {
  const std::uint64_t incarnation = (std::uint64_t{1} << 53) - 1;
  ASSERT_TRUE(this->Append("room", {incarnation, 0}, {"a"}).ok());
  EXPECT_EQ(this->store().Load("room")->head, (Position{incarnation, 1}));
}

TYPED_TEST_P(LogStoreContract, UnknownRoomIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(this->store().Load("room").status()));
  EXPECT_TRUE(absl::IsNotFound(this->store().ReadAfter("room", {7, 0}, kNoLimit).status()));
}

TYPED_TEST_P(LogStoreContract, RoomThatIsThereCantBeMadeAgain) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a"}).ok());
  EXPECT_TRUE(absl::IsAborted(this->Append("room", {8, 0}, {"b"})));
  EXPECT_TRUE(absl::IsAborted(this->Append("room", {7, 0}, {"b"})));
  EXPECT_EQ(this->store().Load("room")->head, (Position{7, 1}));
}

TYPED_TEST_P(LogStoreContract, DecisionOnAnotherHeadIsAbortedAndNothingIsKept) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a", "b"}).ok());
  EXPECT_TRUE(absl::IsAborted(this->Append("room", {7, 1}, {"x"})));
  EXPECT_TRUE(absl::IsAborted(this->Append("room", {7, 3}, {"x"})));
  EXPECT_TRUE(absl::IsAborted(this->Append("room", {8, 2}, {"x"})));
  EXPECT_TRUE(absl::IsAborted(this->Append(OneCommand("room", {7, 1}, {"x"}, "request", "reply"))));
  EXPECT_TRUE(absl::IsAborted(this->Append(OneCommand("room", {7, 1}, {"x"}, "", "", true))));
  EXPECT_THAT(this->ReadAfter("room", {7, 0}), ElementsAre("a", "b"));
  EXPECT_FALSE(this->store().FindReply("request")->has_value());
}

TYPED_TEST_P(LogStoreContract, RoomThatIsNotThereHasNoHeadToDecideOn) {
  EXPECT_TRUE(absl::IsAborted(this->Append("room", {7, 1}, {"x"})));
  EXPECT_TRUE(absl::IsNotFound(this->store().Load("room").status()));
}

TYPED_TEST_P(LogStoreContract, ReplyIsFoundUnderItsRequestId) {
  const std::string reply("\0reply\xff", 7);
  ASSERT_TRUE(this->Append(OneCommand("room", {7, 0}, {"a", "b"}, "request", reply)).ok());
  const auto found = this->store().FindReply("request");
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->room_id, "room");
  EXPECT_EQ((*found)->position, (Position{7, 2}));
  EXPECT_THAT((*found)->records, ElementsAre("a", "b"));
  EXPECT_EQ((*found)->reply, reply);
  EXPECT_FALSE(this->store().FindReply("another")->has_value());
  EXPECT_FALSE(this->store().FindReply("")->has_value());
}

TYPED_TEST_P(LogStoreContract, ReplyMayBeKeptWithoutEvents) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a"}).ok());
  ASSERT_TRUE(this->Append(OneCommand("room", {7, 1}, {}, "request", "reply")).ok());
  const auto found = this->store().FindReply("request");
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->position, (Position{7, 1}));
  EXPECT_THAT((*found)->records, IsEmpty());
  EXPECT_EQ(this->store().Load("room")->head, (Position{7, 1}));
}

TYPED_TEST_P(LogStoreContract, RequestIdIsKeptOnceInAllRooms) {
  ASSERT_TRUE(this->Append(OneCommand("room", {7, 0}, {"a"}, "request", "first")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(this->Append(OneCommand("room", {7, 1}, {"b"}, "request", "second"))));
  EXPECT_TRUE(absl::IsAlreadyExists(this->Append(OneCommand("other", {8, 0}, {"a"}, "request", "third"))));
  EXPECT_EQ(this->store().FindReply("request").value()->reply, "first");
  EXPECT_THAT(this->ReadAfter("room", {7, 0}), ElementsAre("a"));
  EXPECT_TRUE(absl::IsNotFound(this->store().Load("other").status()));
}

TYPED_TEST_P(LogStoreContract, CommandsWithoutRequestIdDontMeet) {
  ASSERT_TRUE(this->Append(OneCommand("room", {7, 0}, {"a"}, "", "x")).ok());
  EXPECT_TRUE(this->Append(OneCommand("room", {7, 1}, {"b"}, "", "y")).ok());
}

TYPED_TEST_P(LogStoreContract, CommandsThatWereDecidedTogetherAreKeptOneAfterAnother) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a"}).ok());
  AppendRequest request{"room", {7, 1}, {}, false};
  request.commands = {{{"b", "c"}, "first", "1"}, {{}, "second", "2"}, {{"d"}, "", ""}, {{"e"}, "last", "3"}};
  ASSERT_TRUE(this->Append(request).ok());
  EXPECT_THAT(this->ReadAfter("room", {7, 1}), ElementsAre("b", "c", "d", "e"));
  EXPECT_THAT(this->ReadAfter("room", {7, 3}), ElementsAre("d", "e"));
  EXPECT_EQ(this->store().Load("room")->head, (Position{7, 5}));
  const auto first = this->store().FindReply("first").value();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->position, (Position{7, 3}));
  EXPECT_THAT(first->records, ElementsAre("b", "c"));
  EXPECT_EQ(first->reply, "1");
  const auto second = this->store().FindReply("second").value();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->position, (Position{7, 3}));
  EXPECT_THAT(second->records, IsEmpty());
  const auto last = this->store().FindReply("last").value();
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->position, (Position{7, 5}));
  EXPECT_THAT(last->records, ElementsAre("e"));
}

TYPED_TEST_P(LogStoreContract, OfCommandsThatWereDecidedTogetherAllAreKeptOrNone) {
  ASSERT_TRUE(this->Append(OneCommand("room", {7, 0}, {"a"}, "known", "0")).ok());
  AppendRequest request{"room", {7, 1}, {{{"b"}, "new", "1"}, {{"c"}, "known", "2"}}, false};
  EXPECT_TRUE(absl::IsAlreadyExists(this->Append(request)));
  request.commands.pop_back();
  request.head = {7, 2};
  EXPECT_TRUE(absl::IsAborted(this->Append(request)));
  EXPECT_THAT(this->ReadAfter("room", {7, 0}), ElementsAre("a"));
  EXPECT_FALSE(this->store().FindReply("new")->has_value());
  EXPECT_EQ(this->store().FindReply("known").value()->reply, "0");
}

TYPED_TEST_P(LogStoreContract, RoomThatEndsWithSeveralCommandsKeepsTheirReplies) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a"}).ok());
  ASSERT_TRUE(this->Append({"room", {7, 1}, {{{"b"}, "first", "1"}, {{"c"}, "last", "2"}}, true}).ok());
  EXPECT_TRUE(absl::IsNotFound(this->store().Load("room").status()));
  EXPECT_EQ(this->store().FindReply("first").value()->position, (Position{7, 2}));
  EXPECT_EQ(this->store().FindReply("last").value()->position, (Position{7, 3}));
}

TYPED_TEST_P(LogStoreContract, LastEventsRemoveTheRoomAndFreeItsId) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a"}).ok());
  this->SaveState("room", {7, 1}, "state");
  ASSERT_TRUE(this->Append(OneCommand("room", {7, 1}, {"b"}, "request", "reply", true)).ok());
  EXPECT_TRUE(absl::IsNotFound(this->store().Load("room").status()));
  EXPECT_THAT(this->RoomIds(), IsEmpty());
  const auto reply = this->store().FindReply("request");
  ASSERT_TRUE(reply.ok() && reply->has_value());
  EXPECT_EQ((*reply)->position, (Position{7, 2}));
  EXPECT_THAT((*reply)->records, ElementsAre("b"));

  ASSERT_TRUE(this->Append("room", {8, 0}, {"c"}).ok());
  const auto room = this->store().Load("room");
  EXPECT_EQ(room->head, (Position{8, 1}));
  EXPECT_EQ(room->state, "");
  EXPECT_THAT(this->ReadAfter("room", {8, 0}), ElementsAre("c"));
}

TYPED_TEST_P(LogStoreContract, ReadingGoesOnAfterAPosition) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a", "b", "c"}).ok());
  EXPECT_THAT(this->ReadAfter("room", {7, 0}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(this->ReadAfter("room", {7, 2}), ElementsAre("c"));
  EXPECT_THAT(this->ReadAfter("room", {7, 3}), IsEmpty());
}

TYPED_TEST_P(LogStoreContract, ReadingStopsAfterAsManyAsAreWanted) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a", "b", "c"}).ok());
  ASSERT_TRUE(this->Append("room", {7, 3}, {"d"}).ok());
  ASSERT_TRUE(this->Append("room", {7, 4}, {"e", "f"}).ok());
  EXPECT_THAT(this->ReadAfter("room", {7, 0}, 2), ElementsAre("a", "b"));
  EXPECT_THAT(this->ReadAfter("room", {7, 1}, 3), ElementsAre("b", "c", "d"));
  EXPECT_THAT(this->ReadAfter("room", {7, 2}, 3), ElementsAre("c", "d", "e"));
  EXPECT_THAT(this->ReadAfter("room", {7, 4}, 2), ElementsAre("e", "f"));
  EXPECT_THAT(this->ReadAfter("room", {7, 5}, 2), ElementsAre("f"));
  EXPECT_THAT(this->ReadAfter("room", {7, 6}, 2), IsEmpty());
  EXPECT_THAT(this->ReadAfter("room", {7, 7}, 2), ElementsAre("!OUT_OF_RANGE"));
}

TYPED_TEST_P(LogStoreContract, PositionThatCantBeServedIsOutOfRange) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a", "b"}).ok());
  EXPECT_THAT(this->ReadAfter("room", {7, 3}), ElementsAre("!OUT_OF_RANGE"));
  EXPECT_THAT(this->ReadAfter("room", {6, 1}), ElementsAre("!OUT_OF_RANGE"));
  EXPECT_THAT(this->ReadAfter("room", {0, 0}), ElementsAre("!OUT_OF_RANGE"));
}

TYPED_TEST_P(LogStoreContract, RoomIsLoadedFromTheStateThatWasSaved) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a", "b", "c"}).ok());
  const std::string state("\0state", 6);
  this->SaveState("room", {7, 2}, state);
  const auto room = this->store().Load("room");
  ASSERT_TRUE(room.ok());
  EXPECT_EQ(room->head, (Position{7, 3}));
  EXPECT_EQ(room->state_sequence, 2u);
  EXPECT_EQ(room->state, state);
  ASSERT_EQ(room->records.size(), 1u);
  EXPECT_EQ(room->records[0].sequence, 3u);
  EXPECT_EQ(room->records[0].bytes, "c");
}

TYPED_TEST_P(LogStoreContract, ReadingAfterASaveIsWholeOrOutOfRange) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a", "b", "c"}).ok());
  this->SaveState("room", {7, 2}, "state");
  const std::vector<std::string> from_the_start = this->ReadAfter("room", {7, 0});
  if (from_the_start != std::vector<std::string>{"!OUT_OF_RANGE"}) {
    EXPECT_THAT(from_the_start, ElementsAre("a", "b", "c"));
  }
  EXPECT_THAT(this->ReadAfter("room", {7, 2}), ElementsAre("c"));
}

TYPED_TEST_P(LogStoreContract, StateThatDoesntFitIsPassedOver) {
  ASSERT_TRUE(this->Append("room", {7, 0}, {"a", "b", "c"}).ok());
  this->SaveState("room", {7, 2}, "state");
  this->SaveState("room", {7, 1}, "older");
  this->SaveState("room", {7, 4}, "beyond the head");
  this->SaveState("room", {6, 3}, "of another life");
  this->SaveState("nowhere", {7, 1}, "of no room");
  EXPECT_EQ(this->store().Load("room")->state, "state");
  EXPECT_TRUE(absl::IsNotFound(this->store().Load("nowhere").status()));
}

TYPED_TEST_P(LogStoreContract, AllRoomsAreListed) {
  EXPECT_THAT(this->RoomIds(), IsEmpty());
  ASSERT_TRUE(this->Append("a", {1, 0}, {"x"}).ok());
  ASSERT_TRUE(this->Append("b", {2, 0}, {"x"}).ok());
  ASSERT_TRUE(this->Append("b", {2, 1}, {"y"}).ok());
  EXPECT_THAT(this->RoomIds(), ElementsAre("a", "b"));
}

TYPED_TEST_P(LogStoreContract, OfManyDecisionsOnOneHeadOneIsKept) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 50;
  ASSERT_TRUE(this->Append("room", {7, 0}, {"start"}).ok());
  for (int round = 0; round < kRounds; ++round) {
    const Position head{7, 1 + static_cast<std::uint64_t>(round)};
    std::atomic<int> kept = 0;
    std::atomic<int> aborted = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        const absl::Status status = this->Append("room", head, {absl::StrCat(round, " ", i)});
        ++(status.ok() ? kept : aborted);
        EXPECT_TRUE(status.ok() || absl::IsAborted(status)) << status;
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(kept, 1);
    ASSERT_EQ(aborted, kThreads - 1);
  }
  EXPECT_EQ(this->ReadAfter("room", {7, 0}).size(), 1u + kRounds);
}

TYPED_TEST_P(LogStoreContract, RoomsDontDisturbEachOther) {
  constexpr int kThreads = 4;
  constexpr std::uint64_t kEvents = 100;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, room_id = absl::StrCat("room ", i)] {
      for (std::uint64_t n = 0; n < kEvents; ++n) {
        ASSERT_TRUE(this->Append(room_id, {7, n}, {absl::StrCat(room_id, " ", n)}).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kThreads; ++i) {
    const std::string room_id = absl::StrCat("room ", i);
    const std::vector<std::string> records = this->ReadAfter(room_id, {7, 0});
    ASSERT_EQ(records.size(), kEvents);
    for (std::uint64_t n = 0; n < kEvents; ++n) EXPECT_EQ(records[n], absl::StrCat(room_id, " ", n));
  }
}

REGISTER_TYPED_TEST_SUITE_P(
    LogStoreContract, RoomComesToBeWithItsFirstEvents, EventsFollowOneAnotherWithoutHoles,
    EventsKeepEveryByte, IncarnationsUpTo53BitsAreKept, UnknownRoomIsNotFound, RoomThatIsThereCantBeMadeAgain,
    DecisionOnAnotherHeadIsAbortedAndNothingIsKept, RoomThatIsNotThereHasNoHeadToDecideOn,
    ReplyIsFoundUnderItsRequestId, ReplyMayBeKeptWithoutEvents, RequestIdIsKeptOnceInAllRooms,
    CommandsWithoutRequestIdDontMeet, CommandsThatWereDecidedTogetherAreKeptOneAfterAnother,
    OfCommandsThatWereDecidedTogetherAllAreKeptOrNone, RoomThatEndsWithSeveralCommandsKeepsTheirReplies,
    LastEventsRemoveTheRoomAndFreeItsId, ReadingGoesOnAfterAPosition, ReadingStopsAfterAsManyAsAreWanted,
    PositionThatCantBeServedIsOutOfRange, RoomIsLoadedFromTheStateThatWasSaved,
    ReadingAfterASaveIsWholeOrOutOfRange, StateThatDoesntFitIsPassedOver, AllRoomsAreListed,
    OfManyDecisionsOnOneHeadOneIsKept, RoomsDontDisturbEachOther);

}  // namespace parley::storage
