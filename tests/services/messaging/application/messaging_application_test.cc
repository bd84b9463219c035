#include "services/messaging/application/messaging_application.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/ids/digest.h"
#include "common/turn/turn.h"
#include "services/messaging/domain/errors.h"
#include "tests/services/messaging/support/application_fixture.h"

namespace parley::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(MessagingApplicationTest, MessageThatIsSentIsListed) {
  RoomOfTwo();
  const auto sent = Send(CallOf("ann"), std::nullopt, "hi");
  ASSERT_TRUE(IsDone(sent));
  const auto listing = List(CallOf("bob"));
  ASSERT_TRUE(IsDone(listing));
  EXPECT_THAT(listing->value()->page.messages, ElementsAre(*sent->value()));
  EXPECT_EQ(listing->value()->position, (storage::Position{7, 1}));
  EXPECT_THAT(listing->value()->former_participants, IsEmpty());
}

TEST_F(MessagingApplicationTest, ReasonsAreLookedForInTheOrderOfTheContract) {
  const Call nobody = CallOf("nobody");
  EXPECT_TRUE(IsRefused(Send(nobody, "nobody", ""), kInvalidContent)) << "before the room";
  EXPECT_TRUE(IsRefused(Send(nobody, "nobody"), kRoomNotFound));
  RoomOfTwo();
  EXPECT_TRUE(IsRefused(Send(nobody, "nobody"), kSenderNotFound));
  Call wrong_key = CallOf("ann");
  wrong_key.key = KeyOf("bob");
  EXPECT_TRUE(IsRefused(Send(wrong_key, "nobody"), kKeyMismatch));
  EXPECT_TRUE(IsRefused(Edit(wrong_key, "nothing", "x"), kKeyMismatch));
  EXPECT_TRUE(IsRefused(Delete(wrong_key, "nothing"), kKeyMismatch));
  const auto sent = Send(CallOf("ann"), std::nullopt);
  ASSERT_TRUE(IsDone(sent));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt)));
  EXPECT_TRUE(IsRefused(Send(CallOf("ann"), "nobody"), kRecipientNotFound));
  EXPECT_TRUE(IsRefused(Send(CallOf("ann"), "bob"), kTooManyMessages));
  EXPECT_TRUE(IsRefused(Edit(CallOf("ann"), "nothing", "x"), kMessageNotFound));
  EXPECT_TRUE(IsRefused(Edit(CallOf("bob"), sent->value()->id, "x"), kNotAuthor));
}

TEST_F(MessagingApplicationTest, MessagesThatComeTogetherAreStoredTogether) {
  RoomOfTwo();
  rooms_.Join(kRoom, "cid");
  ASSERT_TRUE(IsDone(Send(CallOf("cid"), std::nullopt, "first")));
  store_.TakeSizes();
  std::vector<Answer<absl::StatusOr<Message>>> answers;
  {
    const Turn turn;
    for (const char* who : {"ann", "bob", "cid"}) answers.push_back(Send(CallOf(who), std::nullopt, who));
  }
  for (const auto& answer : answers) EXPECT_TRUE(IsDone(answer));
  EXPECT_THAT(store_.TakeSizes(), ElementsAre(3));
  EXPECT_THAT(ContentsFor("ann"), ElementsAre("first", "ann", "bob", "cid"));
  EXPECT_EQ(totals_.messages, 4u);
}

TEST_F(MessagingApplicationTest, WhatOneParticipantDoesIsDecidedOnWhatItDidBefore) {
  RoomOfTwo();
  const auto sent = Send(CallOf("ann"), std::nullopt, "deleted");
  ASSERT_TRUE(IsDone(sent));
  clock_.Advance(Duration(10'000));
  std::vector<Answer<absl::StatusOr<Message>>> by_ann;
  std::vector<Answer<absl::StatusOr<Message>>> by_bob;
  Answer<absl::Status> deleted;
  Answer<absl::StatusOr<Message>> edited;
  {
    const Turn turn;
    deleted = Delete(CallOf("ann"), sent->value()->id);
    edited = Edit(CallOf("ann"), sent->value()->id, "edited");
    for (int i = 0; i < 4; ++i) {
      by_ann.push_back(Send(CallOf("ann"), std::nullopt, absl::StrCat("ann ", i)));
      by_bob.push_back(Send(CallOf("bob"), std::nullopt, absl::StrCat("bob ", i)));
    }
  }
  EXPECT_TRUE(IsDone(deleted));
  EXPECT_TRUE(IsRefused(edited, kMessageNotFound));
  for (const auto& answers : {by_ann, by_bob}) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(IsDone(answers[i]));
    EXPECT_TRUE(IsRefused(answers[3], kTooManyMessages));
  }
  EXPECT_THAT(ContentsFor("ann"), ElementsAre("ann 0", "bob 0", "ann 1", "bob 1", "ann 2", "bob 2"));
}

TEST_F(MessagingApplicationTest, KeyOfOneRoomOpensNoOther) {
  RoomOfTwo();
  rooms_.Create("222222222", 9);
  rooms_.Join("222222222", "cid");
  Call call = CallOf("cid");
  EXPECT_TRUE(IsRefused(Send(call, std::nullopt), kSenderNotFound));
  call.room.id = "222222222";
  EXPECT_TRUE(IsDone(Send(call, std::nullopt)));
}

TEST_F(MessagingApplicationTest, RoomIsKnownByItsHashToo) {
  RoomOfTwo();
  Call call = CallOf("ann");
  call.room = {{}, Md5Hex(kRoom)};
  EXPECT_TRUE(IsDone(Send(call, std::nullopt)));
  call.room = {{}, Md5Hex("no room")};
  EXPECT_TRUE(IsRefused(Send(call, std::nullopt), kRoomNotFound));
}

TEST_F(MessagingApplicationTest, UnknownSenderIsAskedForOnceBeforeItIsRefused) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt)));
  EXPECT_TRUE(IsRefused(Send(CallOf("cid"), std::nullopt), kSenderNotFound));
  EXPECT_EQ(rooms_.gets(), 1);
  rooms_.Join(kRoom, "cid");
  // The news of it are still under way.
  auto answer = std::make_shared<std::optional<absl::StatusOr<Message>>>();
  application_.SendMessage(CallOf("cid"), std::nullopt, "hi", Into(answer));
  EXPECT_TRUE(IsDone(answer));
}

TEST_F(MessagingApplicationTest, UnknownRecipientIsAskedForOnceBeforeItIsRefused) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt)));
  rooms_.Join(kRoom, "cid");
  auto answer = std::make_shared<std::optional<absl::StatusOr<Message>>>();
  application_.SendMessage(CallOf("ann"), "cid", "hi", Into(answer));
  EXPECT_TRUE(IsDone(answer));
  EXPECT_EQ(rooms_.gets(), 1);
}

TEST_F(MessagingApplicationTest, NobodyWithoutTheRightKeyMakesTheServiceAskForOthers) {
  RoomOfTwo();
  Call wrong_key = CallOf("ann");
  wrong_key.key = "guessed";
  EXPECT_TRUE(IsRefused(Send(wrong_key, "nobody"), kKeyMismatch));
  EXPECT_EQ(rooms_.gets(), 0);
}

TEST_F(MessagingApplicationTest, WhoeverIsKnownToHaveLeftIsNotAskedFor) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt)));
  rooms_.Leave(kRoom, "bob");
  rooms_.Deliver();
  EXPECT_TRUE(IsRefused(Send(CallOf("bob"), std::nullopt), kSenderNotFound));
  EXPECT_TRUE(IsRefused(Send(CallOf("ann"), "bob"), kRecipientNotFound));
  EXPECT_EQ(rooms_.gets(), 0);
}

TEST_F(MessagingApplicationTest, WhoeverHasLeftCannotActOnceItsLeavingIsKnown) {
  RoomOfTwo();
  const auto sent = Send(CallOf("bob"), std::nullopt);
  ASSERT_TRUE(IsDone(sent));
  const auto known = AwaitMembership(rooms_.Leave(kRoom, "bob"));
  EXPECT_FALSE(known->has_value());
  rooms_.Deliver();
  ASSERT_TRUE(IsDone(known));
  const std::string id = sent->value()->id;
  EXPECT_TRUE(IsRefused(Send(CallOf("bob"), std::nullopt), kSenderNotFound));
  EXPECT_TRUE(IsRefused(Edit(CallOf("bob"), id, "x"), kSenderNotFound));
  EXPECT_TRUE(IsRefused(Delete(CallOf("bob"), id), kSenderNotFound));
  EXPECT_TRUE(IsRefused(List(CallOf("bob")), kSenderNotFound));
}

TEST_F(MessagingApplicationTest, CallThatWaitedForARefreshIsJudgedByTheNewestNews) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt)));
  rooms_.set_hold_gets(true);
  const auto waiting = Send(CallOf("bob"), "cid");
  EXPECT_FALSE(waiting->has_value());
  rooms_.Leave(kRoom, "bob");
  rooms_.Join(kRoom, "cid");
  rooms_.Deliver();
  rooms_.AnswerGets();
  EXPECT_TRUE(IsRefused(waiting, kSenderNotFound));
}

TEST_F(MessagingApplicationTest, WorksOnWhatItKnowsWhileRoomServiceIsAway) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt)));
  rooms_.set_away(true);
  EXPECT_TRUE(IsDone(Send(CallOf("ann"), "bob")));
  EXPECT_TRUE(IsDone(List(CallOf("bob"))));
  EXPECT_TRUE(IsRefused(Send(CallOf("cid"), std::nullopt), kServiceUnavailable)) << "it may have joined";
  Call elsewhere = CallOf("ann");
  elsewhere.room = {{}, Md5Hex("222222222")};
  EXPECT_TRUE(IsRefused(Send(elsewhere, std::nullopt), kServiceUnavailable));
}

TEST_F(MessagingApplicationTest, CallAboutARoomThatStaysUnknownIsUnavailableAfterTheLongestWait) {
  rooms_.set_away(true);
  const auto waiting = Send(CallOf("ann"), std::nullopt);
  clock_.Advance(Duration(2'999));
  EXPECT_FALSE(waiting->has_value());
  clock_.Advance(Duration(1));
  EXPECT_TRUE(absl::IsUnavailable(StatusOf(waiting)));
  EXPECT_EQ(ReasonOf(StatusOf(waiting)), "SERVICE_UNAVAILABLE");
}

TEST_F(MessagingApplicationTest, CallWithAShortDeadlineWaitsNoLongerThanThat) {
  rooms_.set_away(true);
  Call call = CallOf("ann");
  call.deadline = clock_.Now() + Duration(50);
  const auto waiting = Send(call, std::nullopt);
  clock_.Advance(Duration(50));
  EXPECT_TRUE(absl::IsUnavailable(StatusOf(waiting)));
}

TEST_F(MessagingApplicationTest, NothingIsDoneForACallWhoseDeadlineHasPassed) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt, "first")));
  rooms_.set_hold_gets(true);
  Call call = CallOf("ann");
  call.deadline = clock_.Now() + Duration(50);
  const auto waiting = Send(call, "cid", "late");
  rooms_.Join(kRoom, "cid");
  clock_.Advance(Duration(60));
  rooms_.AnswerGets();
  EXPECT_TRUE(absl::IsUnavailable(StatusOf(waiting)));
  EXPECT_THAT(ContentsFor("ann"), ElementsAre("first"));
}

TEST_F(MessagingApplicationTest, RepeatedRequestIsAnsweredWithTheFirstAnswerAndSentOnce) {
  RoomOfTwo();
  const auto first = Send(CallOf("ann", "r1"), std::nullopt, "hi");
  const auto second = Send(CallOf("ann", "r1"), std::nullopt, "hi");
  ASSERT_TRUE(IsDone(second));
  EXPECT_EQ(*first->value(), *second->value());
  EXPECT_THAT(ContentsFor("bob"), ElementsAre("hi"));
  const std::string id = first->value()->id;
  EXPECT_TRUE(IsDone(Edit(CallOf("ann", "r2"), id, "new")));
  EXPECT_TRUE(IsDone(Edit(CallOf("ann", "r2"), id, "new")));
  EXPECT_TRUE(IsDone(Delete(CallOf("ann", "r3"), id)));
  EXPECT_TRUE(IsDone(Delete(CallOf("ann", "r3"), id)));
  EXPECT_TRUE(IsRefused(Delete(CallOf("ann", "r4"), id), kMessageNotFound));
}

TEST_F(MessagingApplicationTest, RepetitionCostsNothingOfTheRate) {
  RoomOfTwo();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(IsDone(Send(CallOf("ann", "r1"), std::nullopt)));
  EXPECT_TRUE(IsDone(Send(CallOf("ann", "r2"), std::nullopt)));
}

TEST_F(MessagingApplicationTest, AnotherOnesRequestIdGivesNothingAway) {
  RoomOfTwo();
  rooms_.Join(kRoom, "cid");
  ASSERT_TRUE(IsDone(Send(CallOf("ann", "r1"), "bob", "secret")));
  const auto others = Send(CallOf("cid", "r1"), std::nullopt, "mine");
  ASSERT_TRUE(IsDone(others));
  EXPECT_EQ(others->value()->content, "mine");
  Call wrong_key = CallOf("ann", "r1");
  wrong_key.key = "guessed";
  EXPECT_TRUE(IsRefused(Send(wrong_key, "bob", "secret"), kKeyMismatch));
  EXPECT_TRUE(IsRefused(Delete(CallOf("ann", "r1"), "nothing"), kMessageNotFound)) << "another rpc";
}

TEST_F(MessagingApplicationTest, WhoeverHasLeftStillGetsTheAnswerToWhatItAskedBefore) {
  RoomOfTwo();
  const auto first = Send(CallOf("bob", "r1"), std::nullopt);
  rooms_.Leave(kRoom, "bob");
  rooms_.Deliver();
  const auto repeated = Send(CallOf("bob", "r1"), std::nullopt);
  ASSERT_TRUE(IsDone(repeated));
  EXPECT_EQ(*first->value(), *repeated->value());
  rooms_.Destroy(kRoom);
  rooms_.Deliver();
  EXPECT_TRUE(IsDone(Send(CallOf("bob", "r1"), std::nullopt))) << "even after the room's end";
  EXPECT_TRUE(IsRefused(Send(CallOf("bob", "r2"), std::nullopt), kRoomNotFound));
}

TEST_F(MessagingApplicationTest, RoomsEndTakesItsMessagesAlong) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt)));
  EXPECT_EQ(totals_.rooms, 1u);
  EXPECT_EQ(totals_.messages, 1u);
  rooms_.Destroy(kRoom);
  rooms_.Deliver();
  EXPECT_TRUE(IsRefused(Send(CallOf("ann"), std::nullopt), kRoomNotFound));
  EXPECT_TRUE(absl::IsNotFound(store_.Load(kRoom).status()));
  EXPECT_EQ(totals_.rooms, 0u);
  EXPECT_EQ(totals_.messages, 0u);
}

TEST_F(MessagingApplicationTest, RoomsEndTakesItsMessagesAlongOnceTheStoreCan) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt)));
  rooms_.Destroy(kRoom);
  store_.FailAppends(absl::ResourceExhaustedError("full"));
  rooms_.Deliver();
  for (int attempt = 0; attempt < 3; ++attempt) {
    clock_.Advance(Duration(5'000));
    rooms_.Deliver();
    EXPECT_TRUE(store_.Load(kRoom).ok());
  }
  store_.FailAppends(absl::OkStatus());
  clock_.Advance(Duration(5'000));
  rooms_.Deliver();
  EXPECT_TRUE(absl::IsNotFound(store_.Load(kRoom).status()));
}

TEST_F(MessagingApplicationTest, MessagesThatCannotBeReadAreNotTakenForNone) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt, "kept")));
  MessagingApplication restarted(store_, rooms_, clock_.schedule(), clock_, ids_, {});
  rooms_.set_observer(&restarted.room_observer());
  store_.FailReads(MakeError(kInternal));
  ASSERT_TRUE(restarted.TakeUp().ok());
  rooms_.Reconnect();
  rooms_.Deliver();
  const auto list = [&](const Call& call) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<MessageListing>>>();
    restarted.ListMessages(call, 50, std::nullopt, Into(answer));
    return answer;
  };
  Call impatient = CallOf("ann");
  impatient.deadline = clock_.Now() + Duration(1'000);
  const auto refused = list(impatient);
  EXPECT_FALSE(refused->has_value());
  clock_.Advance(Duration(1'000));
  EXPECT_TRUE(absl::IsUnavailable(StatusOf(refused)));

  const auto patient = list(CallOf("ann"));
  store_.FailReads(absl::OkStatus());
  clock_.Advance(Duration(2'000));
  ASSERT_TRUE(IsDone(patient));
  const auto& messages = patient->value()->page.messages;
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages.front().content, "kept");
}

TEST_F(MessagingApplicationTest, HoweverOftenAMessageIsEditedLittleIsReadToGetToTheRoom) {
  RoomOfTwo();
  const std::string content(kMaxContentCharacters, 'x');
  const std::string id = Send(CallOf("ann"), std::nullopt, content)->value().value().id;
  constexpr std::size_t kBytes = 10 << 20;
  for (std::size_t written = 0; written < kBytes; written += content.size()) {
    clock_.Advance(Duration(100));
    ASSERT_TRUE(IsDone(Edit(CallOf("ann"), id, content)));
  }
  const auto stored = store_.Load(kRoom);
  ASSERT_TRUE(stored.ok());
  std::size_t bytes = stored->state.size();
  for (const storage::Record& record : stored->records) bytes += record.bytes.size();
  EXPECT_LT(bytes, kBytes / 2);

  MessagingApplication restarted(store_, rooms_, clock_.schedule(), clock_, ids_, {});
  rooms_.set_observer(&restarted.room_observer());
  ASSERT_TRUE(restarted.TakeUp().ok());
  rooms_.Reconnect();
  rooms_.Deliver();
  auto answer = std::make_shared<std::optional<absl::StatusOr<Message>>>();
  restarted.EditMessage(CallOf("ann"), id, "short", Into(answer));
  EXPECT_TRUE(IsDone(answer));
}

TEST_F(MessagingApplicationTest, AnotherLifeOfARoomIdBeginsWithoutMessages) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt, "before")));
  const auto watcher = std::make_shared<NotingWatcher>();
  application_.WatchMessages(kRoom, std::nullopt, watcher);
  rooms_.Destroy(kRoom);
  rooms_.Create(kRoom, 8);
  rooms_.Join(kRoom, "ann");
  rooms_.Follow(kRoom);
  rooms_.Reconnect();
  rooms_.Deliver();
  EXPECT_THAT(watcher->notes, ElementsAre("snapshot 1", "destroyed"));
  EXPECT_THAT(ContentsFor("ann"), IsEmpty());
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt, "after")));
  const auto listing = List(CallOf("ann"));
  EXPECT_EQ(listing->value()->position, (storage::Position{8, 1}));
  EXPECT_EQ(totals_.messages, 1u);
}

}  // namespace
}  // namespace parley::messaging
