#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/messaging/domain/commands.h"
#include "services/messaging/domain/errors.h"
#include "tests/services/messaging/support/room_script.h"

namespace parley::messaging {
namespace {

TEST(EditMessageTest, ContentIsReplacedAndTheRestStays) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", "bob", "before", At(1)).ok());
  const auto event = room.Edit("m1", "ann", "after", At(9));
  ASSERT_TRUE(event.ok());
  const Message expected{"m1", "ann", "bob", "after", {}, At(1), At(9)};
  EXPECT_EQ(*event, (Event{At(9), MessageEdited{expected}}));
  EXPECT_EQ(*room.state().Find("m1"), expected);
}

TEST(EditMessageTest, MessageKeepsItsPlaceInTheHistory) {
  RoomScript room;
  for (const char* id : {"m1", "m2", "m3"}) ASSERT_TRUE(room.Send(id, "ann", std::nullopt).ok());
  ASSERT_TRUE(room.Edit("m2", "ann", "new").ok());
  EXPECT_THAT(room.VisibleTo("bob"), testing::ElementsAre("m1", "m2", "m3"));
}

TEST(EditMessageTest, ShorterContentTakesNoMoreMemoryThanItNeeds) {
  for (const std::size_t length : {std::size_t{1}, std::size_t{100}}) {
    RoomScript room;
    ASSERT_TRUE(room.Send("m1", "ann", std::nullopt, std::string(16'000, 'x')).ok());
    ASSERT_TRUE(room.Edit("m1", "ann", std::string(length, 'y')).ok());
    EXPECT_LT(room.state().Find("m1")->content.capacity(), 200u);
  }
}

TEST(EditMessageTest, EditCountsAsAMessage) {
  constexpr SendLimit kOneASecond{1, 2};
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", std::nullopt).ok());
  ASSERT_TRUE(room.Edit("m1", "ann", "second").ok());
  const EditMessageCommand third{"ann", "m1", "third"};
  const auto refused = EditMessage(room.state(), third, Actor::kPresent, kOneASecond, At(500));
  EXPECT_TRUE(Is(refused.status(), kTooManyMessages));
  EXPECT_THAT(MetadataOf(refused.status()), testing::ElementsAre(testing::Pair("retry_after_ms", "500")));
  EXPECT_TRUE(EditMessage(room.state(), third, Actor::kPresent, kOneASecond, At(1'000)).ok());
  EXPECT_EQ(room.state().WaitBeforeSending("ann", kOneASecond, At(500)), Duration(500));
}

TEST(EditMessageTest, OnlyTheAuthorMayEdit) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", "bob", "mine").ok());
  const auto event = room.Edit("m1", "bob", "his");
  EXPECT_TRUE(Is(event.status(), kNotAuthor));
  EXPECT_EQ(event.status().message(), "You are not authorized to preform this action");
  EXPECT_EQ(room.state().Find("m1")->content, "mine");
}

TEST(EditMessageTest, UnknownMessageIsNotFound) {
  RoomScript room;
  const auto event = room.Edit("m1", "ann", "new");
  EXPECT_TRUE(Is(event.status(), kMessageNotFound));
  EXPECT_EQ(event.status().message(), "Could not find message");
}

TEST(EditMessageTest, DeletedMessageIsNotFoundWhoeverAsks) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", std::nullopt).ok());
  ASSERT_TRUE(room.Delete("m1", "ann").ok());
  EXPECT_TRUE(Is(room.Edit("m1", "ann", "new").status(), kMessageNotFound));
  EXPECT_TRUE(Is(room.Edit("m1", "bob", "new").status(), kMessageNotFound));
}

TEST(EditMessageTest, ActorIsLookedAtBeforeTheMessage) {
  const EditMessageCommand edit{"ann", "nothing", "new"};
  EXPECT_TRUE(Is(EditMessage({}, edit, Actor::kAbsent, {0, 1}, At(0)).status(), kSenderNotFound));
  EXPECT_TRUE(Is(EditMessage({}, edit, Actor::kWrongKey, {0, 1}, At(0)).status(), kKeyMismatch));
}

TEST(DeleteMessageTest, EventTellsTheMessageAsItWas) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", std::nullopt, "words", At(1)).ok());
  const Message before = *room.state().Find("m1");
  const auto event = room.Delete("m1", "ann", At(2));
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(*event, (Event{At(2), MessageDeleted{before}}));
  EXPECT_EQ(room.state().Find("m1"), nullptr);
}

TEST(DeleteMessageTest, OnlyTheAuthorMayDelete) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", "bob").ok());
  EXPECT_TRUE(Is(room.Delete("m1", "bob").status(), kNotAuthor));
  EXPECT_NE(room.state().Find("m1"), nullptr);
}

TEST(DeleteMessageTest, SecondTimeIsNotFound) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", std::nullopt).ok());
  ASSERT_TRUE(room.Delete("m1", "ann").ok());
  EXPECT_TRUE(Is(room.Delete("m1", "ann").status(), kMessageNotFound));
}

TEST(DeleteMessageTest, ActorIsLookedAtBeforeTheMessage) {
  const DeleteMessageCommand remove{"ann", "nothing"};
  EXPECT_TRUE(Is(DeleteMessage({}, remove, Actor::kAbsent, At(0)).status(), kSenderNotFound));
  EXPECT_TRUE(Is(DeleteMessage({}, remove, Actor::kWrongKey, At(0)).status(), kKeyMismatch));
}

}  // namespace
}  // namespace parley::messaging
