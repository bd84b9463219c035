#include "services/messaging/application/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/services/messaging/support/room_script.h"

namespace parley::messaging {
namespace {

using Presence = Membership::Presence;

Member Named(const std::string& id) { return {id, "name of " + id, "key of " + id}; }

Membership AnnAndBob() { return Membership({"r", {7, 3}, {Named("ann"), Named("bob")}}); }

TEST(MembershipTest, SnapshotTellsWhoIsThere) {
  const Membership membership = AnnAndBob();
  EXPECT_EQ(membership.position(), (storage::Position{7, 3}));
  EXPECT_EQ(membership.Find("ann")->key_sha256, "key of ann");
  EXPECT_EQ(membership.PresenceOf("bob"), Presence::kPresent);
  EXPECT_EQ(membership.PresenceOf("cid"), Presence::kUnknown);
}

TEST(MembershipTest, WhoeverLeavesIsRememberedByTheLastName) {
  Membership membership = AnnAndBob();
  membership.Apply({{7, 4}, MemberRenamed{"ann", "Anna"}}, At(0));
  membership.Apply({{7, 5}, MemberLeft{"ann"}}, At(0));
  EXPECT_EQ(membership.Find("ann"), nullptr);
  EXPECT_EQ(membership.PresenceOf("ann"), Presence::kFormer);
  EXPECT_EQ(membership.FormerName("ann"), "Anna");
  EXPECT_EQ(membership.FormerName("bob"), std::nullopt) << "is still there";
}

TEST(MembershipTest, ChangeThatIsKnownAlreadyIsPassedOver) {
  Membership membership = AnnAndBob();
  membership.Apply({{7, 3}, MemberLeft{"ann"}}, At(0));
  EXPECT_EQ(membership.PresenceOf("ann"), Presence::kPresent);
}

TEST(MembershipTest, ChangeOfAnotherLifeIsPassedOver) {
  Membership membership = AnnAndBob();
  membership.Apply({{8, 4}, MemberLeft{"ann"}}, At(0));
  EXPECT_EQ(membership.PresenceOf("ann"), Presence::kPresent);
}

TEST(MembershipTest, WhatDoesNotConcernMembersMovesThePosition) {
  Membership membership = AnnAndBob();
  membership.Apply({{7, 4}, OtherChange{}}, At(0));
  EXPECT_EQ(membership.position(), (storage::Position{7, 4}));
}

TEST(MembershipTest, NewerViewReplacesAndWhoeverIsMissingHasLeft) {
  Membership membership = AnnAndBob();
  membership.Merge({"r", {7, 9}, {Named("bob"), Named("cid")}}, At(0));
  EXPECT_EQ(membership.PresenceOf("ann"), Presence::kFormer);
  EXPECT_EQ(membership.FormerName("ann"), "name of ann");
  EXPECT_EQ(membership.PresenceOf("cid"), Presence::kPresent);
  EXPECT_EQ(membership.position(), (storage::Position{7, 9}));
}

TEST(MembershipTest, OlderViewAndAnotherLifesViewChangeNothing) {
  Membership membership = AnnAndBob();
  membership.Merge({"r", {7, 2}, {}}, At(0));
  membership.Merge({"r", {8, 9}, {}}, At(0));
  EXPECT_EQ(membership.size(), 2u);
  EXPECT_EQ(membership.position(), (storage::Position{7, 3}));
}

TEST(MembershipTest, FormersAreReviewedOnlyWhenThereAreManyAndNotTheLatest) {
  Membership membership({"r", {7, 0}, {}});
  std::uint64_t sequence = 0;
  for (int i = 0; i < 64; ++i) {
    EXPECT_TRUE(membership.FormersToReview(At(3'600'000)).empty());
    const std::string id = absl::StrCat("p", i);
    membership.Apply({{7, ++sequence}, MemberJoined{Named(id)}}, At(i));
    membership.Apply({{7, ++sequence}, MemberLeft{id}}, At(i));
  }
  EXPECT_THAT(membership.FormersToReview(At(60'002)), testing::UnorderedElementsAre("p0", "p1"));
  EXPECT_TRUE(membership.FormersToReview(At(60'003)).empty()) << "not again at once";
  membership.Forget({"p0", "p1"});
  EXPECT_EQ(membership.PresenceOf("p0"), Presence::kUnknown);
  EXPECT_EQ(membership.PresenceOf("p2"), Presence::kFormer);
  EXPECT_TRUE(membership.FormersToReview(At(3'600'000)).empty()) << "not before there are many more";
}

}  // namespace
}  // namespace parley::messaging
