#include <gtest/gtest.h>

#include "tests/services/messaging/support/room_script.h"

namespace parley::messaging {
namespace {

TEST(AudienceTest, RoomMessageIsForEverybodyButItsAuthor) {
  RoomScript room;
  const Audience expected = EveryoneExcept{"ann"};
  EXPECT_EQ(AudienceOf(*room.Send("m1", "ann", std::nullopt)), expected);
  EXPECT_EQ(AudienceOf(*room.Edit("m1", "ann", "new")), expected);
  EXPECT_EQ(AudienceOf(*room.Delete("m1", "ann")), expected);
}

TEST(AudienceTest, DirectMessageIsForItsRecipientOnly) {
  RoomScript room;
  const Audience expected = Participants{{"bob"}};
  EXPECT_EQ(AudienceOf(*room.Send("m1", "ann", "bob")), expected);
  EXPECT_EQ(AudienceOf(*room.Edit("m1", "ann", "new")), expected);
  EXPECT_EQ(AudienceOf(*room.Delete("m1", "ann")), expected);
}

TEST(AudienceTest, MessageToOneselfArrivesAtOneself) {
  RoomScript room;
  const Audience expected = Participants{{"ann"}};
  EXPECT_EQ(AudienceOf(*room.Send("m1", "ann", "ann")), expected);
  EXPECT_EQ(AudienceOf(*room.Edit("m1", "ann", "new")), expected);
  EXPECT_EQ(AudienceOf(*room.Delete("m1", "ann")), expected);
}

}  // namespace
}  // namespace parley::messaging
