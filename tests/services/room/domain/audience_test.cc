#include "services/room/domain/audience.h"

#include "tests/services/room/domain/room_builder.h"

namespace parley::room {
namespace {

TEST(AudienceTest, WhatSomebodyDoesIsForEveryoneElse) {
  Room room = RoomWith("host");
  EXPECT_EQ(AudienceOf(Do(room, JoinRoomCommand("a"))[0]), Audience(EveryoneExcept{"a"}));
  EXPECT_EQ(AudienceOf(Do(room, UpdateName{ActorOf("a"), "Ada"})[0]), Audience(EveryoneExcept{"a"}));
  EXPECT_EQ(AudienceOf(Do(room, UpdateMediaState{ActorOf("a"), true, true})[0]),
            Audience(EveryoneExcept{"a"}));
  EXPECT_EQ(AudienceOf(Do(room, LeaveRoom{ActorOf("a")})[0]), Audience(EveryoneExcept{"a"}));
}

TEST(AudienceTest, EndOfTheRoomIsForEveryone) {
  Room room = RoomWith("host", "a");
  const Events events = Do(room, LeaveRoom{ActorOf("host")});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(AudienceOf(events[0]), Audience(EveryoneExcept{"host"}));
  EXPECT_EQ(AudienceOf(events[1]), Audience(Everyone{}));
}

}  // namespace
}  // namespace parley::room
