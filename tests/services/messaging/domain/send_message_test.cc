#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/messaging/domain/commands.h"
#include "services/messaging/domain/errors.h"
#include "tests/services/messaging/support/room_script.h"

namespace parley::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr SendLimit kTenASecond{10, 20};
constexpr SendLimit kNoLimit{0, 1};

TEST(SendMessageTest, MessageHoldsExactlyWhatWasSent) {
  const std::string content = " <b>not escaped</b> & \n\t😀 ";
  const auto event =
      SendMessage({}, {"m1", "ann", std::nullopt, content}, Actor::kPresent, false, kTenASecond, At(5));
  ASSERT_TRUE(event.ok());
  const Message& message = MessageOf(*event);
  EXPECT_TRUE(std::holds_alternative<MessageSent>(event->what));
  EXPECT_EQ(event->at, At(5));
  EXPECT_EQ(message.id, "m1");
  EXPECT_EQ(message.from, "ann");
  EXPECT_EQ(message.to, std::nullopt);
  EXPECT_EQ(message.content, content);
  EXPECT_EQ(message.create_time, At(5));
  EXPECT_EQ(message.edit_time, std::nullopt);
  EXPECT_TRUE(message.reactions.empty());
}

TEST(SendMessageTest, NamesAreTakenDownWhenTheyAreNew) {
  RoomScript room;
  const auto names_after = [&room](const std::string& message_id, const std::string& name_of_ann) {
    const absl::StatusOr<Event> sent =
        SendMessage(room.state(), {message_id, "ann", "bob", "hi"}, Actor::kPresent, true, kNoLimit, At(0),
                    {{"ann", name_of_ann}, {"bob", "Bob"}});
    room.state().Apply(*sent);
    return std::get<MessageSent>(sent->what).names;
  };
  EXPECT_THAT(names_after("m1", "Ann"),
              ElementsAre(ParticipantName{"ann", "Ann"}, ParticipantName{"bob", "Bob"}));
  EXPECT_THAT(names_after("m2", "Ann"), IsEmpty());
  EXPECT_THAT(names_after("m3", "Anna"), ElementsAre(ParticipantName{"ann", "Anna"}));
  EXPECT_EQ(room.state().NameOf("ann"), "Anna");
  for (const char* id : {"m1", "m2"}) ASSERT_TRUE(room.Delete(id, "ann").ok());
  ASSERT_TRUE(room.Edit("m3", "ann", "new").ok());
  EXPECT_EQ(room.state().NameOf("bob"), "Bob") << "a message still names it";
  ASSERT_TRUE(room.Delete("m3", "ann").ok());
  EXPECT_EQ(room.state().NameOf("bob"), "");
  EXPECT_THAT(names_after("m4", "Anna"), SizeIs(2)) << "they are as good as new";
}

TEST(SendMessageTest, SomebodyWhoIsNotInTheRoomCannotSend) {
  const auto event =
      SendMessage({}, {"m1", "ann", std::nullopt, "hi"}, Actor::kAbsent, true, kTenASecond, At(0));
  EXPECT_TRUE(Is(event.status(), kSenderNotFound));
  EXPECT_EQ(event.status().message(), "Could not find from participant");
}

TEST(SendMessageTest, WrongKeyIsRefusedBeforeTheRecipientIsLookedAt) {
  const auto event = SendMessage({}, {"m1", "ann", "bob", "hi"}, Actor::kWrongKey, false, kTenASecond, At(0));
  EXPECT_TRUE(Is(event.status(), kKeyMismatch));
  EXPECT_EQ(event.status().message(), "The key did not match");
}

TEST(SendMessageTest, DirectMessageNeedsARecipientInTheRoom) {
  const auto event = SendMessage({}, {"m1", "ann", "bob", "hi"}, Actor::kPresent, false, kTenASecond, At(0));
  EXPECT_TRUE(Is(event.status(), kRecipientNotFound));
  EXPECT_EQ(event.status().message(), "Could not find to participant");
}

TEST(SendMessageTest, RecipientIsLookedAtBeforeTheRate) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", std::nullopt).ok());
  const auto event =
      SendMessage(room.state(), {"m2", "ann", "bob", "hi"}, Actor::kPresent, false, {10, 1}, At(0));
  EXPECT_TRUE(Is(event.status(), kRecipientNotFound));
}

TEST(SendMessageTest, TooFastIsRefusedAndSaysWhenToComeBack) {
  RoomScript room;
  for (int i = 0; i < 20; ++i) {
    const auto sent = SendMessage(room.state(), {absl::StrCat("m", i), "ann", std::nullopt, "hi"},
                                  Actor::kPresent, false, kTenASecond, At(0));
    ASSERT_TRUE(sent.ok()) << i;
    room.state().Apply(*sent);
  }
  const SendMessageCommand next{"next", "ann", std::nullopt, "hi"};
  const auto refused = SendMessage(room.state(), next, Actor::kPresent, false, kTenASecond, At(30));
  EXPECT_TRUE(Is(refused.status(), kTooManyMessages));
  EXPECT_EQ(refused.status().message(), "Please wait before sending messages");
  EXPECT_THAT(MetadataOf(refused.status()), testing::ElementsAre(testing::Pair("retry_after_ms", "70")));
  EXPECT_TRUE(SendMessage(room.state(), next, Actor::kPresent, false, kTenASecond, At(100)).ok());
}

TEST(SendMessageTest, OnesRateIsNobodyElses) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", std::nullopt).ok());
  EXPECT_FALSE(
      SendMessage(room.state(), {"m2", "ann", std::nullopt, "x"}, Actor::kPresent, false, {1, 1}, At(0))
          .ok());
  EXPECT_TRUE(
      SendMessage(room.state(), {"m2", "bob", std::nullopt, "x"}, Actor::kPresent, false, {1, 1}, At(0))
          .ok());
}

TEST(SendMessageTest, DeletingWhatWasSentDoesNotWinTimeBack) {
  RoomScript room;
  ASSERT_TRUE(room.Send("m1", "ann", std::nullopt).ok());
  ASSERT_TRUE(room.Delete("m1", "ann").ok());
  EXPECT_FALSE(
      SendMessage(room.state(), {"m2", "ann", std::nullopt, "x"}, Actor::kPresent, false, {1, 1}, At(0))
          .ok());
}

TEST(SendMessageTest, RateZeroTurnsTheLimitOff) {
  RoomScript room;
  for (int i = 0; i < 100; ++i) {
    const auto sent = SendMessage(room.state(), {absl::StrCat("m", i), "ann", std::nullopt, "hi"},
                                  Actor::kPresent, false, {0, 1}, At(0));
    ASSERT_TRUE(sent.ok());
    room.state().Apply(*sent);
  }
}

TEST(ContentTest, OneToFourThousandCharactersAreTaken) {
  std::string clefs;
  for (std::size_t i = 0; i < kMaxContentCharacters; ++i) clefs += "𝄞";
  EXPECT_TRUE(CheckContent("x").ok());
  EXPECT_TRUE(CheckContent(clefs).ok());
  EXPECT_TRUE(Is(CheckContent(clefs + "x"), kInvalidContent));
  EXPECT_TRUE(Is(CheckContent(""), kInvalidContent));
}

TEST(ContentTest, WhatIsNotUtf8IsRefused) {
  EXPECT_TRUE(Is(CheckContent("a\xff"), kInvalidContent));
  EXPECT_TRUE(Is(CheckContent("\xed\xa0\x80"), kInvalidContent)) << "a lone surrogate";
}

}  // namespace
}  // namespace parley::messaging
