#include "edge/fanout/member.h"

#include <gtest/gtest.h>

#include <map>

namespace parley::edge {
namespace {

constexpr std::uint64_t kLife = 7;
constexpr std::uint64_t kNextLife = 8;

class MemberTest : public testing::Test, public Member::Listener {
 protected:
  void OnNews(const socketio::SharedEvent& event) override { heard_.push_back(names_[event.get()]); }
  void OnRoomDestroyed() override { ++destroyed_; }
  void OnEventsMissed() override { ++missed_; }
  void OnGivenUp() override { ++given_up_; }
  void OnReconnected(const std::string& connection_id) override { connections_.push_back(connection_id); }

  SharedBroadcast MakeBroadcast(Source source, std::uint64_t sequence, const common::v1::Audience& audience,
                                Broadcast::Kind kind = Broadcast::Kind::kEvents) {
    const auto event = socketio::EncodeEvent("event", nlohmann::json::array());
    names_[event.get()] = (source == Source::kRoom ? "room" : "message") + std::to_string(sequence);
    kept_.push_back(event);
    return std::make_shared<const Broadcast>(
        Broadcast{source, kind, {kLife, sequence}, audience, {event}, {}, {}});
  }

  SharedBroadcast ForEveryone(Source source, std::uint64_t sequence,
                              Broadcast::Kind kind = Broadcast::Kind::kEvents) {
    common::v1::Audience audience;
    audience.mutable_everyone();
    return MakeBroadcast(source, sequence, audience, kind);
  }

  /// Somebody has left, or takes part by another connection; nobody is told.
  static SharedBroadcast OfMembership(std::uint64_t sequence, const std::string& participant_id,
                                      const std::string& connection_id = "") {
    return std::make_shared<const Broadcast>(Broadcast{
        Source::kRoom, Broadcast::Kind::kEvents, {kLife, sequence}, {}, {}, participant_id, connection_id});
  }

  server::Worker worker_{0};
  std::map<const socketio::EncodedEvent*, std::string> names_;
  std::vector<socketio::SharedEvent> kept_;
  std::vector<std::string> heard_;
  int destroyed_ = 0;
  int missed_ = 0;
  int given_up_ = 0;
  std::vector<std::string> connections_;
  Member member_{worker_, *this};
};

using Names = std::vector<std::string>;

TEST_F(MemberTest, WhatWasMissedElsewhereIsReplayedBeforeWhatWasHeldBackAndNothingTwice) {
  member_.Receive(ForEveryone(Source::kRoom, 6));
  member_.Receive(ForEveryone(Source::kRoom, 7));
  member_.Receive(ForEveryone(Source::kMessages, 2));
  member_.Begin("me", {kLife, 4}, {kLife, 1});
  for (const std::uint64_t sequence : {5, 6}) member_.Replay(*ForEveryone(Source::kRoom, sequence));
  member_.Replay(*ForEveryone(Source::kMessages, 2));
  member_.Activate();
  EXPECT_EQ(heard_, (Names{"room5", "room6", "message2", "room7"}));
  EXPECT_EQ(member_.position(Source::kRoom), (storage::Position{kLife, 7}));
  EXPECT_EQ(member_.position(Source::kMessages), (storage::Position{kLife, 2}));
}

TEST_F(MemberTest, AConnectionThatWasReplacedBeforeItCameBackEndsNothingWhenReplayed) {
  member_.Begin("me", {kLife, 4}, {kLife, 1});
  member_.Replay(*OfMembership(5, "me", "an earlier connection"));
  member_.Activate();
  EXPECT_EQ(connections_, Names());
  member_.Receive(OfMembership(6, "me", "a later connection"));
  EXPECT_EQ(connections_, Names{"a later connection"});
}

TEST_F(MemberTest, WhatHappensBeforeTheSummaryIsHeldBackAndToldAfterIt) {
  member_.Receive(ForEveryone(Source::kRoom, 5));
  member_.Receive(ForEveryone(Source::kMessages, 2));
  member_.Receive(ForEveryone(Source::kRoom, 6));
  EXPECT_EQ(heard_, Names());
  member_.Begin("me", {kLife, 4}, {kLife, 1});
  member_.Activate();
  EXPECT_EQ(heard_, (Names{"room5", "message2", "room6"}));
}

TEST_F(MemberTest, WhatTheSummaryHoldsIsNotToldAgain) {
  member_.Receive(ForEveryone(Source::kRoom, 5));
  member_.Receive(ForEveryone(Source::kMessages, 2));
  member_.Begin("me", {kLife, 5}, {kLife, 2});
  member_.Activate();
  member_.Receive(ForEveryone(Source::kRoom, 4));
  EXPECT_EQ(heard_, Names());
  member_.Receive(ForEveryone(Source::kRoom, 6));
  member_.Receive(ForEveryone(Source::kMessages, 3));
  EXPECT_EQ(heard_, (Names{"room6", "message3"}));
}

TEST_F(MemberTest, AnEventIsToldOnceHoweverOftenItArrives) {
  member_.Begin("me", {kLife, 0}, {kLife, 0});
  member_.Activate();
  member_.Receive(ForEveryone(Source::kRoom, 1));
  member_.Receive(ForEveryone(Source::kRoom, 1));
  EXPECT_EQ(heard_, Names{"room1"});
}

TEST_F(MemberTest, OnlyTheAudienceIsTold) {
  member_.Begin("me", {kLife, 0}, {kLife, 0});
  member_.Activate();
  common::v1::Audience audience;
  audience.mutable_everyone_except()->set_participant_id("me");
  member_.Receive(MakeBroadcast(Source::kRoom, 1, audience));
  audience.mutable_everyone_except()->set_participant_id("you");
  member_.Receive(MakeBroadcast(Source::kRoom, 2, audience));
  audience.mutable_participants()->add_participant_ids("you");
  member_.Receive(MakeBroadcast(Source::kRoom, 3, audience));
  audience.mutable_participants()->add_participant_ids("me");
  member_.Receive(MakeBroadcast(Source::kRoom, 4, audience));
  audience.mutable_participants()->clear_participant_ids();
  member_.Receive(MakeBroadcast(Source::kRoom, 5, audience));
  EXPECT_EQ(heard_, (Names{"room2", "room4"}));
}

TEST_F(MemberTest, AnAudienceOfANewerServiceIsNobody) {
  member_.Begin("me", {kLife, 0}, {kLife, 0});
  member_.Activate();
  member_.Receive(MakeBroadcast(Source::kRoom, 1, common::v1::Audience()));
  EXPECT_EQ(heard_, Names());
}

TEST_F(MemberTest, WhoHasLeftHearsNothing) {
  member_.Receive(ForEveryone(Source::kRoom, 1));
  member_.Leave();
  member_.Begin("me", {kLife, 0}, {kLife, 0});
  member_.Activate();
  member_.Receive(ForEveryone(Source::kRoom, 2));
  EXPECT_EQ(heard_, Names());
}

TEST_F(MemberTest, ARoomThatIsDestroyedWhileOneJoinsIsToldAfterTheSummary) {
  member_.Receive(ForEveryone(Source::kRoom, 3, Broadcast::Kind::kDestroyed));
  EXPECT_EQ(destroyed_, 0);
  member_.Begin("me", {kLife, 2}, {kLife, 0});
  member_.Activate();
  EXPECT_EQ(heard_, Names{"room3"});
  EXPECT_EQ(destroyed_, 1);
}

SharedBroadcast Relived(const SharedBroadcast& broadcast) {
  auto relived = std::make_shared<Broadcast>(*broadcast);
  relived->position.incarnation = kNextLife;
  return relived;
}

TEST_F(MemberTest, AServiceThatCountsAnewIsFollowedFromThere) {
  member_.Begin("me", {kLife, 0}, {kLife, 100});
  member_.Activate();
  member_.Receive(Relived(ForEveryone(Source::kMessages, 0, Broadcast::Kind::kRepositioned)));
  member_.Receive(Relived(ForEveryone(Source::kMessages, 1)));
  EXPECT_EQ(heard_, Names{"message1"});
}

TEST_F(MemberTest, ASummaryReadAfterAServiceCountsAnewIsNotToldAgain) {
  member_.Receive(ForEveryone(Source::kMessages, 99));
  member_.Receive(Relived(ForEveryone(Source::kMessages, 0, Broadcast::Kind::kRepositioned)));
  member_.Receive(Relived(ForEveryone(Source::kMessages, 1)));
  member_.Receive(Relived(ForEveryone(Source::kMessages, 2)));
  member_.Begin("me", {kLife, 0}, {kNextLife, 1});
  member_.Activate();
  EXPECT_EQ(heard_, Names{"message2"});
}

TEST_F(MemberTest, ARoomThatIsGoneWithoutAnEventIsToldWhateverIsKnown) {
  member_.Begin("me", {kLife, 5}, {kLife, 5});
  member_.Activate();
  auto gone = std::make_shared<Broadcast>(*ForEveryone(Source::kRoom, 0, Broadcast::Kind::kDestroyed));
  gone->position = {};
  member_.Receive(gone);
  EXPECT_EQ(heard_.size(), 1u);
  EXPECT_EQ(destroyed_, 1);
}

TEST_F(MemberTest, MissedEventsAreReported) {
  member_.Begin("me", {kLife, 0}, {kLife, 0});
  member_.Activate();
  member_.Receive(ForEveryone(Source::kRoom, 50, Broadcast::Kind::kMissed));
  EXPECT_EQ(missed_, 1);
  EXPECT_EQ(heard_, Names());
}

TEST_F(MemberTest, ParticipantThatWasGivenUpIsToldSo) {
  member_.Begin("me", {kLife, 0}, {kLife, 0});
  member_.Activate();
  member_.Receive(OfMembership(1, "somebody else"));
  EXPECT_EQ(given_up_, 0);
  member_.Receive(OfMembership(2, "me"));
  EXPECT_EQ(given_up_, 1);
  EXPECT_EQ(connections_, Names());
}

TEST_F(MemberTest, ConnectionsOfTheParticipantAreTold) {
  member_.Begin("me", {kLife, 0}, {kLife, 0});
  member_.Activate();
  member_.Receive(OfMembership(1, "somebody else", "another connection"));
  member_.Receive(OfMembership(2, "me", "my connection"));
  EXPECT_EQ(connections_, Names{"my connection"});
  EXPECT_EQ(given_up_, 0);
}

TEST_F(MemberTest, WhatHappenedToTheParticipantBeforeItsSummaryIsNoConcern) {
  member_.Receive(OfMembership(1, "me", "an earlier connection"));
  member_.Begin("me", {kLife, 1}, {kLife, 0});
  member_.Activate();
  EXPECT_EQ(connections_, Names());
}

}  // namespace
}  // namespace parley::edge
