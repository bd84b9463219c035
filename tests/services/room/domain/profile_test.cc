#include "tests/services/room/domain/room_builder.h"

namespace parley::room {
namespace {

TEST(UpdateNameTest, ParticipantGetsTheNewName) {
  Room room = RoomWith("host", "a");
  const auto updated = Only<NameUpdated>(Do(room, UpdateName{ActorOf("a"), "Ada"}));
  EXPECT_EQ(updated, (NameUpdated{"a", "Ada"}));
  EXPECT_EQ(room.Find("a")->name, "Ada");
  EXPECT_EQ(room.Find("host")->name, "host");
}

TEST(UpdateNameTest, NameMustHaveOneToSixtyFourCharactersOfUtf8) {
  const Room room = RoomWith("host");
  ExpectRefused(room, UpdateName{ActorOf("host"), ""}, kInvalidName);
  ExpectRefused(room, UpdateName{ActorOf("host"), std::string(65, 'x')}, kInvalidName);
  ExpectRefused(room, UpdateName{ActorOf("host"), "\xc0\x80"}, kInvalidName);
}

TEST(UpdateNameTest, SameNameIsNoNews) {
  Room room = RoomWith("host");
  Do(room, UpdateName{ActorOf("host"), "Ada"});
  EXPECT_TRUE(Do(room, UpdateName{ActorOf("host"), "Ada"}).empty());
}

TEST(UpdateNameTest, OnlyOneselfMayDoIt) {
  const Room room = RoomWith("host", "a");
  ExpectRefused(room, UpdateName{{"a", DigestOf("host")}, "x"}, kKeyMismatch);
  ExpectRefused(room, UpdateName{ActorOf("nobody"), "x"}, kParticipantNotFound);
}

TEST(UpdateNameTest, KeyIsCheckedBeforeTheName) {
  // One who may not act learns nothing of what would have been wrong with the request.
  ExpectRefused(RoomWith("host"), UpdateName{{"host", "wrong"}, ""}, kKeyMismatch);
}

TEST(UpdateMediaStateTest, WhatIsAbsentStaysAsItIs) {
  Room room = RoomWith("host");
  Do(room, UpdateMediaState{ActorOf("host"), true, std::nullopt});
  EXPECT_EQ(room.Find("host")->media_state, (MediaState{true, false}));
  const auto updated =
      Only<MediaStateUpdated>(Do(room, UpdateMediaState{ActorOf("host"), std::nullopt, true}));
  EXPECT_EQ(updated, (MediaStateUpdated{"host", {true, true}}));
  EXPECT_EQ(room.Find("host")->media_state, (MediaState{true, true}));
}

TEST(UpdateMediaStateTest, NoChangeIsNoNews) {
  Room room = RoomWith("host");
  EXPECT_TRUE(Do(room, UpdateMediaState{ActorOf("host"), false, false}).empty());
  EXPECT_TRUE(Do(room, UpdateMediaState{ActorOf("host"), std::nullopt, std::nullopt}).empty());
}

TEST(UpdateMediaStateTest, OnlyOneselfMayDoIt) {
  const Room room = RoomWith("host", "a");
  ExpectRefused(room, UpdateMediaState{{"a", DigestOf("host")}, true, true}, kKeyMismatch);
  ExpectRefused(room, UpdateMediaState{ActorOf("nobody"), true, true}, kParticipantNotFound);
}

}  // namespace
}  // namespace parley::room
