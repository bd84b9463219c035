#include "services/room/domain/errors.h"
#include "tests/common/aggregate/tally.h"
#include "tests/services/room/application/room_fixture.h"

namespace parley::room {
namespace {

const Connection kFirst{"edge-1", "connection-1"};
const Connection kSecond{"edge-2", "connection-2"};
constexpr Duration kGrace{10'000};
constexpr Duration kLease{15'000};
constexpr Duration kInstant{1};

class PresenceTest : public RoomFixture {
 protected:
  /// A room whose host takes part by the second connection and whose guest does by the first.
  PresenceTest() {
    room_id_ = CreateRoom()->room.id;
    host_ = *JoinRoom(room_id_, "Host", {}, kSecond);
    guest_ = *JoinRoom(room_id_, "Guest", {}, kFirst);
  }

  bool HasGuest() {
    const auto room = GetRoom(room_id_);
    return room.ok() && room->Find(guest_.participant_id) != nullptr;
  }

  /// Lets time pass, in which only these edges are heard of.
  void AdvanceWith(Duration duration, const std::vector<std::string>& edges) {
    for (Duration passed{0}; passed < duration; passed += Duration(1'000)) {
      for (const std::string& edge : edges) application_->RenewLease(edge);
      Advance(Duration(1'000));
    }
  }

  std::string room_id_;
  Joined host_;
  Joined guest_;
};

TEST_F(PresenceTest, WhoLosesItsConnectionIsWaitedForAndThenHasLeft) {
  ASSERT_TRUE(DisconnectParticipant(room_id_, guest_.actor(), kFirst.id).ok());
  EXPECT_EQ(GetRoom(room_id_)->Find(guest_.participant_id)->return_deadline, clock_.Now() + kGrace);
  Advance(kGrace - kInstant);
  EXPECT_TRUE(HasGuest());
  Advance(kInstant);
  EXPECT_FALSE(HasGuest());
  EXPECT_TRUE(Exists(room_id_));
}

TEST_F(PresenceTest, WhoComesBackInTimeStays) {
  ASSERT_TRUE(DisconnectParticipant(room_id_, guest_.actor(), kFirst.id).ok());
  const auto room = ReconnectParticipant(room_id_, guest_.actor(), kSecond);
  ASSERT_TRUE(room.ok()) << room.status();
  EXPECT_EQ(room->Find(guest_.participant_id)->connection, kSecond);
  AdvanceWith(kGrace * 2, {"edge-2"});
  EXPECT_TRUE(HasGuest());
}

TEST_F(PresenceTest, HoweverOftenSomebodyIsAwayOneTimerWaitsForAll) {
  const std::size_t timers_before = timers_->size();
  const Joined other = *JoinRoom(room_id_, "Other", {}, kFirst);
  for (int i = 0; i < 60; ++i) {
    // The one goes before the other is back, so somebody is always away.
    ASSERT_TRUE(DisconnectParticipant(room_id_, guest_.actor(), kFirst.id).ok());
    ASSERT_TRUE(ReconnectParticipant(room_id_, other.actor(), kFirst).ok());
    AdvanceWith(Duration(1'000), {"edge-1", "edge-2"});
    ASSERT_TRUE(DisconnectParticipant(room_id_, other.actor(), kFirst.id).ok());
    ASSERT_TRUE(ReconnectParticipant(room_id_, guest_.actor(), kFirst).ok());
  }
  EXPECT_LE(timers_->size(), timers_before + 1);
  AdvanceWith(kGrace + Duration(1'000), {"edge-1", "edge-2"});
  EXPECT_TRUE(HasGuest());
  EXPECT_EQ(GetRoom(room_id_)->Find(other.participant_id), nullptr);
}

TEST_F(PresenceTest, HostWhoComesBackInTimeKeepsTheRoom) {
  ASSERT_TRUE(DisconnectParticipant(room_id_, host_.actor(), kSecond.id).ok());
  Advance(Duration(3'000));
  ASSERT_TRUE(ReconnectParticipant(room_id_, host_.actor(), kSecond).ok());
  AdvanceWith(kGrace * 2, {"edge-1", "edge-2"});
  ASSERT_TRUE(Exists(room_id_));
  EXPECT_EQ(GetRoom(room_id_)->Find(host_.participant_id)->role, Role::kHost);
}

TEST_F(PresenceTest, HostWhoStaysAwayTakesTheRoomAlong) {
  ASSERT_TRUE(DisconnectParticipant(room_id_, host_.actor(), kSecond.id).ok());
  Advance(kGrace);
  EXPECT_FALSE(Exists(room_id_));
}

TEST_F(PresenceTest, RepetitionsAreAnsweredAlike) {
  const auto first = DisconnectParticipant(room_id_, guest_.actor(), kFirst.id, {"request-1"});
  ASSERT_TRUE(ReconnectParticipant(room_id_, guest_.actor(), kSecond, {"request-2"}).ok());
  EXPECT_TRUE(DisconnectParticipant(room_id_, guest_.actor(), kFirst.id, {"request-1"}).ok());
  EXPECT_FALSE(GetRoom(room_id_)->Find(guest_.participant_id)->return_deadline.has_value());
  EXPECT_TRUE(ReconnectParticipant(room_id_, guest_.actor(), kSecond, {"request-2"}).ok());
}

TEST_F(PresenceTest, ParticipantsOfAnEdgeThatIsNotHeardOfLeave) {
  AdvanceWith(kLease, {"edge-2"});
  EXPECT_FALSE(HasGuest());
  EXPECT_TRUE(Exists(room_id_));
}

TEST_F(PresenceTest, ParticipantsOfAnEdgeThatIsHeardOfStay) {
  AdvanceWith(kLease * 4, {"edge-1", "edge-2"});
  EXPECT_TRUE(HasGuest());
}

TEST_F(PresenceTest, TimeInWhichTheServiceStoodStillIsNobodysSilence) {
  AdvanceWith(kLease, {"edge-1", "edge-2"});
  StandStill(kLease * 4);
  EXPECT_TRUE(HasGuest());
  AdvanceWith(kLease, {"edge-2"});
  EXPECT_FALSE(HasGuest());
  EXPECT_TRUE(Exists(room_id_));
}

TEST_F(PresenceTest, WhoHasMovedAwayFromADeadEdgeStays) {
  ASSERT_TRUE(ReconnectParticipant(room_id_, guest_.actor(), kSecond).ok());
  AdvanceWith(kLease * 2, {"edge-2"});
  EXPECT_TRUE(HasGuest());
}

TEST_F(PresenceTest, EdgeThatComesBackToLifeHoldsALeaseAgain) {
  AdvanceWith(kLease, {"edge-2"});
  ASSERT_FALSE(HasGuest());
  guest_ = *JoinRoom(room_id_, "Back", {}, kFirst);
  AdvanceWith(kLease * 2, {"edge-1", "edge-2"});
  EXPECT_TRUE(HasGuest());
}

TEST_F(PresenceTest, ServiceThatStartsAnewGivesEdgesTheirWholeTime) {
  AdvanceWith(kLease - Duration(1'000), {"edge-2"});
  Restart();
  AdvanceWith(kLease - Duration(1'000), {"edge-2"});
  EXPECT_TRUE(HasGuest());
  AdvanceWith(Duration(1'000), {"edge-2"});
  EXPECT_FALSE(HasGuest());
}

TEST_F(PresenceTest, ServiceThatStartsAnewGivesTheAbsentTheirWholeTime) {
  ASSERT_TRUE(DisconnectParticipant(room_id_, guest_.actor(), kFirst.id).ok());
  application_.reset();
  timers_.reset();
  clock_.Advance(kGrace * 2);  // nobody could come back meanwhile
  Restart();
  Advance(kGrace - kInstant);
  EXPECT_TRUE(HasGuest());
  Advance(kInstant);
  EXPECT_FALSE(HasGuest());
}

TEST_F(PresenceTest, WhoIsAwayWhileTheServiceStandsStillHasTheWholeTimeAgain) {
  ASSERT_TRUE(DisconnectParticipant(room_id_, guest_.actor(), kFirst.id).ok());
  Advance(kGrace - kInstant);
  StandStill(kGrace);
  AdvanceWith(kGrace - Duration(1'000), {"edge-2"});
  EXPECT_TRUE(HasGuest());
  AdvanceWith(Duration(1'000), {"edge-2"});
  EXPECT_FALSE(HasGuest());
}

TEST_F(PresenceTest, WhoIsAwayWhileNothingCanBeStoredHasTheWholeTimeAgain) {
  StoreDouble store(memory_store_);
  log_store_ = &store;
  Restart();
  ASSERT_TRUE(DisconnectParticipant(room_id_, guest_.actor(), kFirst.id).ok());
  store.FailAppends(absl::ResourceExhaustedError("full"));
  AdvanceWith(kGrace, {"edge-1", "edge-2"});
  EXPECT_TRUE(Is(ReconnectParticipant(room_id_, guest_.actor(), kSecond).status(), kStorageUnavailable));
  store.FailAppends(absl::OkStatus());
  AdvanceWith(kGrace - Duration(1'000), {"edge-1", "edge-2"});
  EXPECT_TRUE(HasGuest());
  AdvanceWith(Duration(1'000), {"edge-1", "edge-2"});
  EXPECT_FALSE(HasGuest());
  application_.reset();
}

TEST_F(PresenceTest, WhileTheDiskHangsNobodyIsGivenUp) {
  StoreDouble store(memory_store_);
  log_store_ = &store;
  Restart();
  ASSERT_TRUE(DisconnectParticipant(room_id_, host_.actor(), kSecond.id).ok());
  for (Duration hanging(500); hanging < kLease * 2; hanging += Duration(500)) {
    store.set_writing_for(hanging);
    Advance(Duration(500));
  }
  store.set_writing_for(Duration::zero());
  AdvanceWith(kGrace - Duration(1'000), {});
  EXPECT_TRUE(HasGuest()) << "the host, with whom the room ends, has the whole time again";
  ASSERT_TRUE(ReconnectParticipant(room_id_, host_.actor(), kSecond).ok());
  AdvanceWith(kLease, {"edge-2"});
  EXPECT_FALSE(HasGuest()) << "its edge isn't heard of although it could be";
  EXPECT_TRUE(Exists(room_id_));
  application_.reset();
}

TEST_F(PresenceTest, WhoNoEdgeHoldsStays) {
  const auto caller = JoinRoom(room_id_);
  AdvanceWith(kLease * 2, {"edge-2"});
  EXPECT_NE(GetRoom(room_id_)->Find(caller->participant_id), nullptr);
}

}  // namespace
}  // namespace parley::room
