#include "tests/services/room/domain/room_builder.h"

namespace parley::room {
namespace {

TEST(LeaveTest, ParticipantLeavesAndTheOthersStay) {
  Room room = RoomWith("host", "a", "b");
  EXPECT_EQ(Only<ParticipantLeft>(Do(room, LeaveRoom{ActorOf("a")})).participant_id, "a");
  EXPECT_EQ(room.Find("a"), nullptr);
  EXPECT_EQ(room.participants.size(), 2u);
  EXPECT_EQ(room.Find("host")->role, Role::kHost);
}

TEST(LeaveTest, HostTakesTheRoomAlong) {
  Room room = RoomWith("host", "a");
  const Events events = Do(room, LeaveRoom{ActorOf("host")});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].what, (decltype(Event::what){ParticipantLeft{"host"}}));
  EXPECT_EQ(events[1].what, (decltype(Event::what){RoomDestroyed{RoomDestroyed::Reason::kHostLeft}}));
  EXPECT_FALSE(room.exists());
}

TEST(LeaveTest, OneWhoIsNotThereCantLeave) {
  ExpectRefused(RoomWith("host"), LeaveRoom{ActorOf("a")}, kParticipantNotFound);
}

TEST(LeaveTest, NobodyLeavesTwice) {
  Room room = RoomWith("host", "a");
  Do(room, LeaveRoom{ActorOf("a")});
  ExpectRefused(room, LeaveRoom{ActorOf("a")}, kParticipantNotFound);
}

TEST(LeaveTest, KeyOfAnotherIsRefused) {
  const Room room = RoomWith("host", "a");
  ExpectRefused(room, LeaveRoom{{"host", DigestOf("a")}}, kKeyMismatch);
  ExpectRefused(room, LeaveRoom{{"host", ""}}, kKeyMismatch);
}

}  // namespace
}  // namespace parley::room
