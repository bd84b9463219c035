#include "services/messaging/store/messaging_codec.h"

#include <gtest/gtest.h>

#include "tests/services/messaging/support/room_script.h"

namespace parley::messaging {
namespace {

Message FullMessage() {
  return {"m1",
          "ann",
          "bob",
          std::string("verbatim \0 <&>", 14),
          {{ReactionType::kThumbsUp, "bob"}, {ReactionType::kClap, "cid"}},
          At(1),
          At(2)};
}

TEST(MessagingCodecTest, RecordHoldsTheEventAndWhereItStands) {
  for (const Event& event :
       {Event{At(3), MessageSent{FullMessage(), {{"ann", "Ann"}, {"bob", "Bob"}}}},
        Event{At(3), MessageEdited{FullMessage()}}, Event{At(3), MessageDeleted{FullMessage()}}}) {
    v1::MessageEvent record;
    MessagingCodec::FillRecord(event, {7, 42}, record);
    EXPECT_EQ(record.position().incarnation(), 7u);
    EXPECT_EQ(record.position().sequence(), 42u);
    const auto decoded = MessagingCodec::FromRecord(record);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, event);
  }
}

TEST(MessagingCodecTest, EventOfAnUnknownKindIsNotGuessed) {
  EXPECT_TRUE(absl::IsDataLoss(MessagingCodec::FromRecord({}).status()));
}

TEST(MessagingCodecTest, StateComesBackWhole) {
  RoomMessages state;
  state.Apply({At(1), MessageSent{FullMessage(), {{"ann", "Ann"}}}});
  state.Apply({At(2), MessageSent{{"m2", "bob", std::nullopt, "x", {}, At(2), std::nullopt}}});
  const auto decoded = MessagingCodec::DecodeState(MessagingCodec::EncodeState(state));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, state);
  EXPECT_EQ(decoded->NameOf("ann"), "Ann");
  EXPECT_EQ(decoded->NameOf("bob"), "");
  EXPECT_EQ(decoded->WaitBeforeSending("bob", {1, 1}, At(2)), Duration(1'000));
}

TEST(MessagingCodecTest, ReplyComesBackFromTheEventAlone) {
  for (const Event& event :
       {Event{At(3), MessageSent{FullMessage()}}, Event{At(3), MessageEdited{FullMessage()}},
        Event{At(3), MessageDeleted{FullMessage()}}}) {
    const MessagingCodec::Reply reply = MessagingCodec::ReplyTo(event);
    EXPECT_EQ(MessagingCodec::EncodeReply(reply), "");
    const auto decoded = MessagingCodec::DecodeReply("", {event});
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, reply);
  }
}

TEST(MessagingCodecTest, DeletionIsAnsweredWithNothing) {
  EXPECT_EQ(MessagingCodec::ReplyTo({At(3), MessageSent{FullMessage()}}), FullMessage());
  EXPECT_EQ(MessagingCodec::ReplyTo({At(3), MessageEdited{FullMessage()}}), FullMessage());
  EXPECT_EQ(MessagingCodec::ReplyTo({At(3), MessageDeleted{FullMessage()}}), std::nullopt);
}

TEST(MessagingCodecTest, DamagedBytesAreAnError) {
  EXPECT_TRUE(absl::IsDataLoss(MessagingCodec::DecodeState("\xff\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(MessagingCodec::DecodeReply("", {}).status()));
}

}  // namespace
}  // namespace parley::messaging
