#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/messaging/application/messaging_application.h"
#include "services/messaging/domain/errors.h"
#include "tests/services/messaging/support/application_fixture.h"

namespace parley::messaging {
namespace {

using testing::UnorderedElementsAre;

TEST_F(MessagingApplicationTest, ListingWaitsForTheMembershipItsAskerNeeds) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt, "hi")));
  const storage::Position joined = rooms_.Join(kRoom, "cid");
  const auto listing = List(CallOf("cid"), joined);
  EXPECT_FALSE(listing->has_value());
  rooms_.Deliver();
  EXPECT_TRUE(IsDone(listing));
  EXPECT_EQ(rooms_.gets(), 0);
}

TEST_F(MessagingApplicationTest, ListingForAFormerLifeIsNotFound) {
  RoomOfTwo();
  const auto listing = List(CallOf("ann"), storage::Position{6, 1});
  rooms_.Deliver();
  EXPECT_TRUE(IsRefused(listing, kRoomNotFound));
}

TEST_F(MessagingApplicationTest, ThoseWhoLeftAreNamedAsLongAsAListedMessageNamesThem) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("bob"), std::nullopt)));
  rooms_.Rename(kRoom, "bob", "Robert");
  rooms_.Leave(kRoom, "bob");
  rooms_.Deliver();
  const auto listing = List(CallOf("ann"));
  ASSERT_TRUE(IsDone(listing));
  const auto& formers = listing->value()->former_participants;
  ASSERT_EQ(formers.size(), 1u);
  EXPECT_EQ(formers[0].id, "bob");
  EXPECT_EQ(formers[0].name, "Robert");
}

TEST_F(MessagingApplicationTest, ThoseWhoLeftKeepTheirNamesOverARestart) {
  RoomOfTwo();
  rooms_.Join(kRoom, "cid");
  rooms_.Rename(kRoom, "bob", "Robert");
  rooms_.Deliver();
  ASSERT_TRUE(IsDone(Send(CallOf("bob"), std::nullopt)));
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), "cid")));
  for (const char* id : {"bob", "cid"}) rooms_.Leave(kRoom, id);
  rooms_.Deliver();
  MessagingApplication restarted(store_, rooms_, clock_.schedule(), clock_, ids_, {});
  rooms_.set_observer(&restarted.room_observer());
  ASSERT_TRUE(restarted.TakeUp().ok());
  rooms_.Reconnect();
  rooms_.Deliver();
  auto listing = std::make_shared<std::optional<absl::StatusOr<MessageListing>>>();
  restarted.ListMessages(CallOf("ann"), 50, std::nullopt, Into(listing));
  ASSERT_TRUE(IsDone(listing));
  EXPECT_THAT(listing->value()->former_participants,
              UnorderedElementsAre(ParticipantName{"bob", "Robert"}, ParticipantName{"cid", "name of cid"}));
}

TEST_F(MessagingApplicationTest, ThoseWhomNoMessageNamesAreForgottenInTheEnd) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("bob"), std::nullopt)));
  rooms_.Leave(kRoom, "bob");
  for (int i = 0; i < 63; ++i) {
    rooms_.Join(kRoom, absl::StrCat("guest ", i));
    rooms_.Leave(kRoom, absl::StrCat("guest ", i));
  }
  rooms_.Deliver();
  clock_.Advance(Duration(120'000));
  rooms_.Join(kRoom, "last");
  rooms_.Leave(kRoom, "last");
  rooms_.Deliver();
  const int gets = rooms_.gets();
  EXPECT_TRUE(IsRefused(Send(CallOf("guest 0"), std::nullopt), kSenderNotFound));
  EXPECT_EQ(rooms_.gets(), gets + 1) << "nothing is known of it any more";
  EXPECT_EQ(List(CallOf("ann"))->value()->former_participants.size(), 1u) << "bob is";
}

}  // namespace
}  // namespace parley::messaging
