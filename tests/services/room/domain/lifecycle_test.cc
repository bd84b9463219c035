#include "tests/services/room/domain/room_builder.h"

namespace parley::room {
namespace {

TEST(CreateTest, RoomStartsEmptyAndWaitsForSomebodyToJoin) {
  Room room;
  Do(room, CreateRoomCommand("Stand-up"));
  EXPECT_TRUE(room.exists());
  EXPECT_EQ(room.id, "123456789");
  EXPECT_EQ(room.name, "Stand-up");
  EXPECT_EQ(room.create_time, kNow);
  EXPECT_EQ(room.join_deadline, kNow + kJoinTimeout);
  EXPECT_TRUE(room.participants.empty());
}

TEST(CreateTest, RoomWithoutNameIsUntitled) {
  Room room;
  EXPECT_EQ(Only<RoomCreated>(Do(room, CreateRoomCommand())).name, "Untitled Room");
}

TEST(CreateTest, NameMustHaveOneToSixtyFourCharacters) {
  const Room room;
  ExpectRefused(room, CreateRoomCommand(""), kInvalidName);
  ExpectRefused(room, CreateRoomCommand(std::string(65, 'x')), kInvalidName);
  EXPECT_TRUE(Decide(room, CreateRoomCommand("x"), kNow).ok());
  EXPECT_TRUE(Decide(room, CreateRoomCommand(std::string(64, 'x')), kNow).ok());
}

TEST(CreateTest, NameIsCountedInCharactersNotBytes) {
  std::string name;
  for (int i = 0; i < 64; ++i) name += "🎉";
  const Room room;
  EXPECT_TRUE(Decide(room, CreateRoomCommand(name), kNow).ok());
  ExpectRefused(room, CreateRoomCommand(name + "🎉"), kInvalidName);
}

TEST(CreateTest, NameMustBeUtf8) { ExpectRefused(Room{}, CreateRoomCommand("caf\xe9"), kInvalidName); }

TEST(CreateTest, TakenIdIsRefused) {
  Room room;
  Do(room, CreateRoomCommand());
  EXPECT_TRUE(absl::IsAlreadyExists(Decide(room, CreateRoomCommand(), kNow).status()));
}

TEST(ExpireTest, RoomThatNobodyJoinedIsDestroyedWhenItsTimeIsUp) {
  Room room;
  Do(room, CreateRoomCommand());
  const Events events = Do(room, ExpireDeadlines{}, kNow + kJoinTimeout);
  EXPECT_EQ(Only<RoomDestroyed>(events).reason, RoomDestroyed::Reason::kNobodyJoined);
  EXPECT_FALSE(room.exists());
}

TEST(ExpireTest, NothingHappensBeforeTheTimeIsUp) {
  Room room;
  Do(room, CreateRoomCommand());
  EXPECT_TRUE(Do(room, ExpireDeadlines{}, kNow + kJoinTimeout - Duration(1)).empty());
}

TEST(ExpireTest, RoomThatSomebodyJoinedStays) {
  Room room = RoomWith("host");
  EXPECT_TRUE(Do(room, ExpireDeadlines{}, kNow + 2 * kJoinTimeout).empty());
  EXPECT_TRUE(room.exists());
}

TEST(ExpireTest, ActingTwiceIsHarmless) {
  Room room;
  Do(room, CreateRoomCommand());
  Do(room, ExpireDeadlines{}, kNow + kJoinTimeout);
  ExpectRefused(room, ExpireDeadlines{}, kRoomNotFound);
}

TEST(LifecycleTest, NothingCanBeDoneInARoomThatIsNotThere) {
  Room destroyed = RoomWith("host");
  Do(destroyed, LeaveRoom{ActorOf("host")});
  for (const Room& room : {Room{}, destroyed}) {
    ExpectRefused(room, ExpireDeadlines{}, kRoomNotFound);
    ExpectRefused(room, JoinRoomCommand("a"), kRoomNotFound);
    ExpectRefused(room, LeaveRoom{ActorOf("host")}, kRoomNotFound);
    ExpectRefused(room, UpdateName{ActorOf("host"), "x"}, kRoomNotFound);
    ExpectRefused(room, UpdateMediaState{ActorOf("host"), true, true}, kRoomNotFound);
  }
}

}  // namespace
}  // namespace parley::room
