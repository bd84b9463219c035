#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/services/messaging/support/room_script.h"

namespace parley::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ListMessagesTest, NewestPageIsListedOldestFirst) {
  RoomScript room;
  for (const char* id : {"m1", "m2", "m3", "m4"}) ASSERT_TRUE(room.Send(id, "ann", std::nullopt).ok());
  EXPECT_THAT(room.VisibleTo("bob", 3), ElementsAre("m2", "m3", "m4"));
}

TEST(ListMessagesTest, SaysWhetherThereIsMoreThatTheAskerMaySee) {
  RoomScript room;
  ASSERT_TRUE(room.Send("older", "ann", "bob").ok());
  ASSERT_TRUE(room.Send("newer", "ann", std::nullopt).ok());
  EXPECT_TRUE(room.state().ListMessages("bob", 1).has_more);
  EXPECT_FALSE(room.state().ListMessages("bob", 2).has_more);
  EXPECT_FALSE(room.state().ListMessages("cid", 1).has_more) << "the older one is none of cid's business";
}

TEST(ListMessagesTest, DirectMessagesAreSeenByBothSidesOnly) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", "bob").ok());
  ASSERT_TRUE(room.Send("m2", "bob", "ann").ok());
  ASSERT_TRUE(room.Send("m3", "bob", "cid").ok());
  ASSERT_TRUE(room.Send("m4", "ann", std::nullopt).ok());
  ASSERT_TRUE(room.Send("m5", "cid", "cid").ok());
  EXPECT_THAT(room.VisibleTo("ann"), ElementsAre("m1", "m2", "m4"));
  EXPECT_THAT(room.VisibleTo("bob"), ElementsAre("m1", "m2", "m3", "m4"));
  EXPECT_THAT(room.VisibleTo("cid"), ElementsAre("m3", "m4", "m5"));
}

TEST(ListMessagesTest, DeletedMessageIsInNobodysHistory) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", std::nullopt).ok());
  ASSERT_TRUE(room.Send("m2", "ann", "bob").ok());
  ASSERT_TRUE(room.Delete("m1", "ann").ok());
  ASSERT_TRUE(room.Delete("m2", "ann").ok());
  for (const char* participant : {"ann", "bob", "cid"}) EXPECT_THAT(room.VisibleTo(participant), IsEmpty());
  EXPECT_FALSE(room.state().ListMessages("ann", 0).has_more);
}

TEST(ListMessagesTest, PageNamesSendersRecipientsAndWhoeverReacted) {
  Message message{"m1", "ann", "bob", "hello", {{ReactionType::kClap, "dan"}}, At(0), std::nullopt};
  RoomMessages state;
  state.Apply({At(0), MessageSent{message}});
  EXPECT_THAT(state.ListMessages("bob", 10).NamedParticipants(), ElementsAre("ann", "bob", "dan"));
  for (const char* id : {"ann", "bob", "dan"}) EXPECT_TRUE(state.Mentions(id));
  state.Apply({At(0), MessageDeleted{message}});
  for (const char* id : {"ann", "bob", "dan"}) EXPECT_FALSE(state.Mentions(id));
}

TEST(ListMessagesTest, ParticipantIsNamedAsLongAsAnyMessageNamesIt) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", std::nullopt).ok());
  ASSERT_TRUE(room.Send("m2", "ann", "bob").ok());
  ASSERT_TRUE(room.Edit("m1", "ann", "new").ok());
  ASSERT_TRUE(room.Delete("m1", "ann").ok());
  EXPECT_TRUE(room.state().Mentions("ann"));
  ASSERT_TRUE(room.Delete("m2", "ann").ok());
  EXPECT_FALSE(room.state().Mentions("ann"));
}

TEST(ListMessagesTest, LongHistoryOfOthersDoesNotHideTheOwnOne) {
  RoomScript room;
  ASSERT_TRUE(room.Send("first", "cid", "ann").ok());
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(room.Send(absl::StrCat("m", i), "ann", "bob").ok());
  EXPECT_THAT(room.VisibleTo("cid", 50), ElementsAre("first"));
  EXPECT_THAT(room.VisibleTo("bob", 2), ElementsAre("m99998", "m99999"));
}

}  // namespace
}  // namespace parley::messaging
