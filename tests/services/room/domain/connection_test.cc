#include "tests/services/room/domain/room_builder.h"

namespace parley::room {
namespace {

using ::testing::ElementsAre;

constexpr Duration kGrace{10'000};
const Connection kFirst{"edge-1", "connection-1"};
const Connection kSecond{"edge-2", "connection-2"};

/// Joins by the first connection.
void Join(Room& room, const std::string& participant_id) {
  JoinRoom command = JoinRoomCommand(participant_id);
  command.connection = kFirst;
  Do(room, command);
}

Room RoomWithConnected(const std::vector<std::string>& participant_ids) {
  Room room;
  Do(room, CreateRoomCommand());
  for (const std::string& id : participant_ids) Join(room, id);
  return room;
}

DisconnectParticipant Disconnection(const std::string& id, const Connection& connection = kFirst) {
  return {ActorOf(id), connection.id, kNow + kGrace};
}

std::vector<std::string> Ids(const Room& room) {
  std::vector<std::string> ids;
  for (const Participant& participant : room.participants) ids.push_back(participant.id);
  return ids;
}

TEST(DisconnectTest, ParticipantStaysWithItsRoleAndIsWaitedFor) {
  Room room = RoomWithConnected({"host", "guest"});
  const auto event = Only<ParticipantDisconnected>(Do(room, Disconnection("host")));
  EXPECT_EQ(event.participant_id, "host");
  EXPECT_EQ(event.return_deadline, kNow + kGrace);
  EXPECT_EQ(room.Find("host")->return_deadline, kNow + kGrace);
  EXPECT_EQ(room.Find("host")->role, Role::kHost);
  EXPECT_EQ(room.NextDeadline(), kNow + kGrace);
}

TEST(DisconnectTest, ConnectionThatWasGivenUpBreaksForNobody) {
  Room room = RoomWithConnected({"host", "guest"});
  Do(room, ReconnectParticipant{ActorOf("guest"), kSecond});
  EXPECT_TRUE(Do(room, Disconnection("guest", kFirst)).empty());
  EXPECT_FALSE(room.Find("guest")->return_deadline.has_value());
}

TEST(DisconnectTest, BreakingTwiceGivesNoMoreTime) {
  Room room = RoomWithConnected({"host", "guest"});
  Do(room, Disconnection("guest"));
  DisconnectParticipant later = Disconnection("guest");
  later.return_deadline += kGrace;
  EXPECT_TRUE(Do(room, later).empty());
  EXPECT_EQ(room.NextDeadline(), kNow + kGrace);
}

TEST(DisconnectTest, WithoutTimeToComeBackItHasLeft) {
  Room room = RoomWithConnected({"host", "guest"});
  DisconnectParticipant at_once = Disconnection("guest");
  at_once.return_deadline = kNow;
  EXPECT_EQ(Only<ParticipantLeft>(Do(room, at_once)).participant_id, "guest");
}

TEST(DisconnectTest, OnlyWhoHasTheKeyMaySaySo) {
  const Room room = RoomWithConnected({"host"});
  ExpectRefused(room, DisconnectParticipant{{"host", "wrong"}, kFirst.id, kNow}, kKeyMismatch);
  ExpectRefused(room, Disconnection("stranger"), kParticipantNotFound);
  ExpectRefused(Room{}, Disconnection("host"), kRoomNotFound);
}

TEST(ReconnectTest, ParticipantIsBackWithItsRoleAndHasAllTheTimeAgain) {
  Room room = RoomWithConnected({"host", "guest"});
  Do(room, Disconnection("host"));
  const auto event = Only<ParticipantReconnected>(Do(room, ReconnectParticipant{ActorOf("host"), kSecond}));
  EXPECT_EQ(event.participant_id, "host");
  EXPECT_EQ(event.connection, kSecond);
  EXPECT_TRUE(event.was_away);
  EXPECT_EQ(room.Find("host")->connection, kSecond);
  EXPECT_EQ(room.Find("host")->role, Role::kHost);
  EXPECT_EQ(room.NextDeadline(), std::nullopt);
  EXPECT_TRUE(Do(room, ExpireDeadlines{}, kNow + kGrace).empty());
}

TEST(ReconnectTest, WhoWasNotMissedOnlyMoves) {
  Room room = RoomWithConnected({"host"});
  EXPECT_FALSE(
      Only<ParticipantReconnected>(Do(room, ReconnectParticipant{ActorOf("host"), kSecond})).was_away);
  EXPECT_TRUE(Do(room, ReconnectParticipant{ActorOf("host"), kSecond}).empty()) << "nothing has changed";
}

TEST(ReconnectTest, OnlyWhoHasTheKeyComesBack) {
  Room room = RoomWithConnected({"host"});
  Do(room, Disconnection("host"));
  ExpectRefused(room, ReconnectParticipant{{"host", "wrong"}, kSecond}, kKeyMismatch);
  ExpectRefused(room, ReconnectParticipant{ActorOf("stranger"), kSecond}, kParticipantNotFound);
}

TEST(AbsenceTest, WhoDoesNotComeBackInTimeHasLeft) {
  Room room = RoomWithConnected({"host", "guest", "other"});
  Do(room, Disconnection("guest"));
  EXPECT_TRUE(Do(room, ExpireDeadlines{}, kNow + kGrace - Duration(1)).empty());
  EXPECT_EQ(Only<ParticipantLeft>(Do(room, ExpireDeadlines{}, kNow + kGrace)).participant_id, "guest");
  EXPECT_THAT(Ids(room), ElementsAre("host", "other"));
  EXPECT_TRUE(Do(room, ExpireDeadlines{}, kNow + kGrace).empty()) << "it leaves once";
}

TEST(AbsenceTest, HostWhoDoesNotComeBackTakesTheRoomAlong) {
  Room room = RoomWithConnected({"host", "guest"});
  Do(room, Disconnection("host"));
  const Events events = Do(room, ExpireDeadlines{}, kNow + kGrace);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(std::get<ParticipantLeft>(events[0].what).participant_id, "host");
  EXPECT_EQ(std::get<RoomDestroyed>(events[1].what).reason, RoomDestroyed::Reason::kHostLeft);
}

TEST(ExpireEdgeTest, ThoseWhoseConnectionsItHeldLeaveOnce) {
  Room room = RoomWithConnected({"host", "guest", "mover"});
  Do(room, ReconnectParticipant{ActorOf("host"), kSecond});
  Do(room, ReconnectParticipant{ActorOf("mover"), kSecond});
  EXPECT_EQ(Only<ParticipantLeft>(Do(room, ExpireEdge{"edge-1"})).participant_id, "guest");
  EXPECT_TRUE(Do(room, ExpireEdge{"edge-1"}).empty());
  EXPECT_THAT(Ids(room), ElementsAre("host", "mover"));
}

TEST(ExpireEdgeTest, WhoIsAwayKeepsItsOwnTime) {
  Room room = RoomWithConnected({"host", "guest"});
  Do(room, ReconnectParticipant{ActorOf("host"), kSecond});
  Do(room, Disconnection("guest"));
  EXPECT_TRUE(Do(room, ExpireEdge{"edge-1"}).empty());
}

TEST(ExpireEdgeTest, HostTakesTheRoomAlong) {
  Room room = RoomWithConnected({"host", "guest"});
  const Events events = Do(room, ExpireEdge{"edge-1"});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<RoomDestroyed>(events.back().what));
  EXPECT_FALSE(room.exists());
}

TEST(ExpireEdgeTest, WhoNoEdgeHoldsIsNotGivenUp) {
  Room room = RoomWith("host");
  EXPECT_TRUE(Do(room, ExpireEdge{"edge-1"}).empty());
}

}  // namespace
}  // namespace parley::room
