#include "absl/strings/str_cat.h"
#include "tests/services/room/domain/room_builder.h"

namespace parley::room {
namespace {

TEST(JoinTest, FirstParticipantBecomesHost) {
  Room room = RoomWith("first", "second");
  EXPECT_EQ(room.Find("first")->role, Role::kHost);
  EXPECT_EQ(room.Find("second")->role, Role::kParticipant);
}

TEST(JoinTest, ParticipantsAreKeptInTheOrderOfJoining) {
  const Room room = RoomWith("b", "a", "c");
  ASSERT_EQ(room.participants.size(), 3u);
  EXPECT_EQ(room.participants[0].id, "b");
  EXPECT_EQ(room.participants[1].id, "a");
  EXPECT_EQ(room.participants[2].id, "c");
}

TEST(JoinTest, ParticipantStartsWithCameraAndMicrophoneOff) {
  Room room = RoomWith("host");
  const Participant joined = Only<ParticipantJoined>(Do(room, JoinRoomCommand("a", "Ada"))).participant;
  EXPECT_EQ(joined.id, "a");
  EXPECT_EQ(joined.name, "Ada");
  EXPECT_EQ(joined.media_state, MediaState{});
  EXPECT_EQ(joined.key_sha256, DigestOf("a"));
  EXPECT_EQ(joined.join_time, kNow);
  EXPECT_EQ(*room.Find("a"), joined);
}

TEST(JoinTest, ParticipantWithoutNameIsCalledByItsId) {
  EXPECT_EQ(RoomWith("some-id").Find("some-id")->name, "some-id");
}

TEST(JoinTest, NameMustHaveOneToSixtyFourCharactersOfUtf8) {
  const Room room = RoomWith("host");
  ExpectRefused(room, JoinRoomCommand("a", ""), kInvalidName);
  ExpectRefused(room, JoinRoomCommand("a", std::string(65, 'x')), kInvalidName);
  ExpectRefused(room, JoinRoomCommand("a", "\xff"), kInvalidName);
  EXPECT_TRUE(Decide(room, JoinRoomCommand("a", std::string(64, 'x')), kNow).ok());
}

TEST(JoinTest, FirstJoiningEndsTheWaitingForIt) {
  Room room;
  Do(room, CreateRoomCommand());
  ASSERT_TRUE(room.join_deadline.has_value());
  Do(room, JoinRoomCommand("host"));
  EXPECT_FALSE(room.join_deadline.has_value());
}

TEST(JoinTest, FullRoomRefuses) {
  const Room room = RoomWith("host", "a");
  JoinRoom command = JoinRoomCommand("b");
  command.max_participants = 2;
  ExpectRefused(room, command, kRoomFull);
  command.max_participants = 3;
  EXPECT_TRUE(Decide(room, command, kNow).ok());
}

TEST(JoinTest, PlaceOfOneWhoLeftIsFree) {
  Room room = RoomWith("host", "a");
  Do(room, LeaveRoom{ActorOf("a")});
  JoinRoom command = JoinRoomCommand("b");
  command.max_participants = 2;
  EXPECT_TRUE(Decide(room, command, kNow).ok());
}

TEST(JoinTest, ZeroIsNoLimit) {
  Room room = RoomWith("host");
  for (int i = 0; i < 1000; ++i) Do(room, JoinRoomCommand(absl::StrCat("p", i)));
  EXPECT_EQ(room.participants.size(), 1001u);
}

}  // namespace
}  // namespace parley::room
