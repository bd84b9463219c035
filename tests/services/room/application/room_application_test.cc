#include "services/room/application/room_application.h"

#include <thread>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/status/error.h"
#include "services/room/domain/errors.h"
#include "tests/services/room/application/room_fixture.h"

namespace parley::room {
namespace {

constexpr Duration kJoinTimeout{10'000};

class CreateRoomTest : public RoomFixture {};
class JoinRoomTest : public RoomFixture {};
class LeaveRoomTest : public RoomFixture {};
class ExpiryTest : public RoomFixture {};
class RepeatedRequestTest : public RoomFixture {};
class DeadlineTest : public RoomFixture {};
class GetRoomTest : public RoomFixture {};
class GaugeTest : public RoomFixture {};

TEST_F(CreateRoomTest, NewRoomIsThereAndEmpty) {
  const auto created = CreateRoom("Stand-up");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->room.name, "Stand-up");
  EXPECT_EQ(created->position.sequence, 1u);
  EXPECT_NE(created->position.incarnation, 0u);
  const auto room = GetRoom(created->room.id);
  ASSERT_TRUE(room.ok());
  EXPECT_EQ(*room, created->room);
}

TEST_F(CreateRoomTest, TakenIdIsNeverGivenTwice) {
  ids_.NextRoomIds({"111111111", "111111111", "111111111", "222222222"});
  const auto first = CreateRoom("first");
  const auto second = CreateRoom("second");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->room.id, "111111111");
  EXPECT_EQ(second->room.id, "222222222");
  EXPECT_EQ(GetRoom("111111111")->name, "first");
}

TEST_F(CreateRoomTest, IdsThatAreAllTakenAreAnOutageNotALoop) {
  ids_.NextRoomIds({"111111111"});
  ASSERT_TRUE(CreateRoom().ok());
  ids_.NextRoomIds(std::deque<std::string>(100, "111111111"));
  EXPECT_TRUE(Is(CreateRoom().status(), kServiceUnavailable));
}

TEST_F(CreateRoomTest, RefusedRoomLeavesNothingBehind) {
  ids_.NextRoomIds({"111111111", "111111111"});
  EXPECT_TRUE(Is(CreateRoom("").status(), kInvalidName));
  EXPECT_FALSE(Exists("111111111"));
  // The id is free: it is taken at once by the next one.
  EXPECT_EQ(CreateRoom()->room.id, "111111111");
}

TEST_F(CreateRoomTest, IdThatIsUsedAgainIsAnotherIncarnation) {
  ids_.NextRoomIds({"111111111"});
  const auto first = CreateRoom();
  Advance(kJoinTimeout);
  ASSERT_FALSE(Exists("111111111"));
  ids_.NextRoomIds({"111111111"});
  const auto second = CreateRoom();
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->position.incarnation, second->position.incarnation);
  EXPECT_EQ(second->position.sequence, 1u);
}

TEST_F(JoinRoomTest, AnswerHoldsTheRoomWithTheNewParticipantInIt) {
  const std::string room_id = CreateRoom()->room.id;
  const auto joined = JoinRoom(room_id, "Ada");
  ASSERT_TRUE(joined.ok()) << joined.status();
  ASSERT_EQ(joined->room.participants.size(), 1u);
  const Participant& participant = joined->room.participants[0];
  EXPECT_EQ(participant.id, joined->participant_id);
  EXPECT_EQ(participant.name, "Ada");
  EXPECT_EQ(participant.role, Role::kHost);
  EXPECT_EQ(participant.key_sha256, Sha256(joined->key));
  EXPECT_EQ(joined->position.sequence, 2u);
}

TEST_F(JoinRoomTest, UnknownRoomIsRefused) { EXPECT_TRUE(Is(JoinRoom("999999999").status(), kRoomNotFound)); }

TEST_F(JoinRoomTest, KeyOfOneRoomOpensNoOther) {
  const std::string first = CreateRoom()->room.id;
  const std::string second = CreateRoom()->room.id;
  const Actor actor = JoinRoom(first)->actor();
  ASSERT_TRUE(JoinRoom(second).ok());
  EXPECT_TRUE(Is(LeaveRoom(second, actor).status(), kParticipantNotFound));
}

class SmallRoomTest : public RoomFixture {
 protected:
  SmallRoomTest() : RoomFixture({.join_timeout = kJoinTimeout, .max_participants = 2}) {}
};

TEST_F(SmallRoomTest, RoomTakesNoMoreThanItsLimitEvenAtOnce) {
  const std::string room_id = CreateRoom()->room.id;
  std::atomic<int> joined = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto answer = JoinRoom(room_id);
      if (answer.ok()) ++joined;
      if (Is(answer.status(), kRoomFull)) ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(joined, 2);
  EXPECT_EQ(refused, 6);
}

TEST_F(LeaveRoomTest, HostLeavingEndsTheRoomForEverybody) {
  const std::string room_id = CreateRoom()->room.id;
  const auto host = JoinRoom(room_id);
  const auto other = JoinRoom(room_id);
  const auto position = LeaveRoom(room_id, host->actor());
  ASSERT_TRUE(position.ok());
  // The leaving and the end.
  EXPECT_EQ(position->sequence, other->position.sequence + 2);
  EXPECT_FALSE(Exists(room_id));
  EXPECT_TRUE(Is(UpdateName(room_id, other->actor(), "x").status(), kRoomNotFound));
  EXPECT_TRUE(Is(application_->FindRoomId(Md5Hex(room_id)).status(), kRoomNotFound));
}

TEST_F(LeaveRoomTest, OneWhoLeftCantActAnyMore) {
  const std::string room_id = CreateRoom()->room.id;
  ASSERT_TRUE(JoinRoom(room_id).ok());
  const Actor actor = JoinRoom(room_id)->actor();
  ASSERT_TRUE(LeaveRoom(room_id, actor).ok());
  EXPECT_TRUE(Is(UpdateName(room_id, actor, "x").status(), kParticipantNotFound));
  EXPECT_TRUE(Is(UpdateMediaState(room_id, {actor, true, true}).status(), kParticipantNotFound));
  EXPECT_TRUE(Is(LeaveRoom(room_id, actor).status(), kParticipantNotFound));
}

TEST_F(ExpiryTest, RoomThatNobodyJoinsIsDestroyed) {
  const std::string room_id = CreateRoom()->room.id;
  Advance(kJoinTimeout - Duration(1));
  EXPECT_TRUE(Exists(room_id));
  Advance(Duration(1));
  EXPECT_FALSE(Exists(room_id));
  EXPECT_TRUE(Is(JoinRoom(room_id).status(), kRoomNotFound));
}

TEST_F(ExpiryTest, RoomThatSomebodyJoinedStays) {
  const std::string room_id = CreateRoom()->room.id;
  ASSERT_TRUE(JoinRoom(room_id).ok());
  Advance(10 * kJoinTimeout);
  EXPECT_TRUE(Exists(room_id));
}

TEST_F(ExpiryTest, RoomsThatTheStoreHoldsAreWatchedAfterARestart) {
  const std::string waiting = CreateRoom()->room.id;
  const std::string joined = CreateRoom()->room.id;
  ASSERT_TRUE(JoinRoom(joined).ok());
  Advance(Duration(4'000));
  Restart();
  Advance(Duration(5'999));
  EXPECT_TRUE(Exists(waiting));
  Advance(Duration(1));
  EXPECT_FALSE(Exists(waiting));
  EXPECT_TRUE(Exists(joined));
}

TEST_F(ExpiryTest, RoomWhoseTimeRanOutWhileTheServiceWasAwayIsDestroyedOnStart) {
  const std::string room_id = CreateRoom()->room.id;
  application_.reset();
  clock_.Advance(2 * kJoinTimeout);
  Restart();
  testing::Settle(*timers_, clock_);
  EXPECT_FALSE(Exists(room_id));
}

TEST_F(RepeatedRequestTest, CreateRoomMakesOneRoom) {
  const Call call{"request-1"};
  const auto first = CreateRoom("Stand-up", call);
  const auto again = CreateRoom("Stand-up", call);
  ASSERT_TRUE(first.ok() && again.ok()) << again.status();
  EXPECT_EQ(again->room, first->room);
  EXPECT_EQ(again->position, first->position);
  EXPECT_EQ(memory_store_.ListRoomIds()->size(), 1u);
}

TEST_F(RepeatedRequestTest, CreateRoomIsAnsweredAlikeAfterSomebodyJoined) {
  const Call call{"request-1"};
  const auto first = CreateRoom(std::nullopt, call);
  ASSERT_TRUE(JoinRoom(first->room.id).ok());
  EXPECT_EQ(CreateRoom(std::nullopt, call)->room, first->room);
  EXPECT_EQ(GetRoom(first->room.id)->participants.size(), 1u);
  EXPECT_TRUE(application_->FindRoomId(Md5Hex(first->room.id)).ok());
}

TEST_F(RepeatedRequestTest, CreateRoomMakesOneRoomEvenAtOnce) {
  std::vector<std::string> room_ids(8);
  std::vector<std::thread> threads;
  for (std::string& room_id : room_ids) {
    threads.emplace_back([&] { room_id = CreateRoom(std::nullopt, {"request-1"})->room.id; });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& room_id : room_ids) EXPECT_EQ(room_id, room_ids[0]);
  EXPECT_EQ(memory_store_.ListRoomIds()->size(), 1u);
}

TEST_F(RepeatedRequestTest, ParticipantJoinsOnceAndGetsTheSameKeyAgain) {
  const std::string room_id = CreateRoom()->room.id;
  const auto first = JoinRoom(room_id, "Ada", {"request-1"});
  const auto again = JoinRoom(room_id, "Ada", {"request-1"});
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(again->participant_id, first->participant_id);
  EXPECT_EQ(again->key, first->key);
  EXPECT_EQ(again->room.participants.size(), 1u);
}

TEST_F(RepeatedRequestTest, RoomAndPositionOfARepeatedJoinBelongTogether) {
  const std::string room_id = CreateRoom()->room.id;
  ASSERT_TRUE(JoinRoom(room_id, "Ada", {"request-1"}).ok());
  const auto other = JoinRoom(room_id);
  const auto again = JoinRoom(room_id, "Ada", {"request-1"});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->room.participants.size(), 2u);
  EXPECT_EQ(again->position, other->position);
}

TEST_F(RepeatedRequestTest, JoiningARoomThatHasEndedSinceIsRefused) {
  const std::string room_id = CreateRoom()->room.id;
  const auto host = JoinRoom(room_id, std::nullopt, {"request-1"});
  ASSERT_TRUE(LeaveRoom(room_id, host->actor()).ok());
  EXPECT_TRUE(Is(JoinRoom(room_id, std::nullopt, {"request-1"}).status(), kRoomNotFound));
}

TEST_F(RepeatedRequestTest, HostLeavesOnceAndIsAnsweredAlikeAfterTheRoomsEnd) {
  const std::string room_id = CreateRoom()->room.id;
  const Actor host = JoinRoom(room_id)->actor();
  const auto first = LeaveRoom(room_id, host, {"request-1"});
  const auto again = LeaveRoom(room_id, host, {"request-1"});
  ASSERT_TRUE(first.ok() && again.ok()) << again.status();
  EXPECT_EQ(*again, *first);
}

TEST_F(RepeatedRequestTest, MediaStateOfTheFirstAnswerIsTold) {
  const std::string room_id = CreateRoom()->room.id;
  const Actor host = JoinRoom(room_id)->actor();
  ASSERT_TRUE(UpdateMediaState(room_id, {host, true, std::nullopt}, {"request-1"}).ok());
  ASSERT_TRUE(UpdateMediaState(room_id, {host, false, true}, {"request-2"}).ok());
  EXPECT_EQ(UpdateMediaState(room_id, {host, true, std::nullopt}, {"request-1"})->media_state,
            (MediaState{true, false}));
  EXPECT_EQ(GetRoom(room_id)->participants[0].media_state, (MediaState{false, true}));
}

TEST_F(RepeatedRequestTest, RefusalIsNotKept) {
  const std::string room_id = CreateRoom()->room.id;
  EXPECT_TRUE(Is(JoinRoom(room_id, "", {"request-1"}).status(), kInvalidName));
  EXPECT_TRUE(JoinRoom(room_id, "Ada", {"request-1"}).ok());
}

TEST_F(RepeatedRequestTest, IdOfAnotherRequestIsRefused) {
  const auto created = CreateRoom(std::nullopt, {"request-1"});
  const std::string other = CreateRoom()->room.id;
  EXPECT_TRUE(Is(JoinRoom(created->room.id, std::nullopt, {"request-1"}).status(), kInvalidRequest));
  EXPECT_TRUE(Is(JoinRoom(other, std::nullopt, {"request-1"}).status(), kInvalidRequest));
}

TEST_F(DeadlineTest, CommandWhoseCallerStoppedWaitingIsNotStarted) {
  const Call late{"", clock_.Now()};
  EXPECT_TRUE(absl::IsDeadlineExceeded(CreateRoom(std::nullopt, late).status()));
  EXPECT_TRUE(memory_store_.ListRoomIds()->empty());
  const std::string room_id = CreateRoom()->room.id;
  EXPECT_TRUE(absl::IsDeadlineExceeded(JoinRoom(room_id, std::nullopt, late).status()));
  EXPECT_TRUE(GetRoom(room_id)->participants.empty());
  EXPECT_TRUE(JoinRoom(room_id, std::nullopt, {"", clock_.Now() + Duration(1)}).ok());
}

TEST_F(GetRoomTest, RoomIsFoundByTheHashOfItsId) {
  const std::string room_id = CreateRoom()->room.id;
  const auto found = application_->FindRoomId(Md5Hex(room_id));
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, room_id);
  EXPECT_TRUE(Is(application_->FindRoomId(Md5Hex("another")).status(), kRoomNotFound));
}

TEST_F(GetRoomTest, RoomIsFoundByTheHashOfItsIdAfterARestart) {
  const std::string room_id = CreateRoom()->room.id;
  Restart();
  EXPECT_TRUE(application_->FindRoomId(Md5Hex(room_id)).ok());
}

TEST_F(GetRoomTest, RoomThatExpiredIsNotFoundByItsHash) {
  const std::string room_id = CreateRoom()->room.id;
  Advance(kJoinTimeout);
  EXPECT_TRUE(Is(application_->FindRoomId(Md5Hex(room_id)).status(), kRoomNotFound));
}

TEST_F(GaugeTest, RoomsAndParticipantsAreCounted) {
  prometheus::Gauge& rooms = metrics::Gauge("parley_rooms", "");
  prometheus::Gauge& participants = metrics::Gauge("parley_participants", "");
  const double rooms_before = rooms.Value();
  const double participants_before = participants.Value();
  const std::string room_id = CreateRoom()->room.id;
  const Actor host = JoinRoom(room_id)->actor();
  const Actor other = JoinRoom(room_id)->actor();
  ASSERT_TRUE(JoinRoom(room_id).ok());
  EXPECT_EQ(rooms.Value() - rooms_before, 1);
  EXPECT_EQ(participants.Value() - participants_before, 3);
  ASSERT_TRUE(LeaveRoom(room_id, other).ok());
  EXPECT_EQ(participants.Value() - participants_before, 2);
  ASSERT_TRUE(LeaveRoom(room_id, host).ok());
  EXPECT_EQ(rooms.Value() - rooms_before, 0);
  EXPECT_EQ(participants.Value() - participants_before, 0);
}

}  // namespace
}  // namespace parley::room
