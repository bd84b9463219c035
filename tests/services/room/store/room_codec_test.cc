#include "services/room/store/room_codec.h"

#include <string>
#include <vector>

#include "tests/services/room/domain/room_builder.h"

namespace parley::room {
namespace {

constexpr Position kPosition{42, 7};

std::vector<Event> OneOfEach() {
  Participant participant;
  participant.id = "a";
  participant.name = "Ada";
  participant.media_state = {true, false};
  participant.role = Role::kHost;
  participant.key_sha256 = std::string("\0\xff key", 6);
  participant.join_time = kNow + Duration(1);
  return {{kNow, RoomCreated{"123456789", "Stand-up", kNow + kJoinTimeout}},
          {kNow, ParticipantJoined{participant}},
          {kNow, ParticipantLeft{"a"}},
          {kNow, NameUpdated{"a", "Grace"}},
          {kNow, MediaStateUpdated{"a", {false, true}}},
          {kNow, RoomDestroyed{RoomDestroyed::Reason::kHostLeft}},
          {kNow, RoomDestroyed{RoomDestroyed::Reason::kNobodyJoined}}};
}

v1::RoomEvent RecordOf(const Event& event) {
  v1::RoomEvent record;
  RoomCodec::FillRecord(event, kPosition, record);
  return record;
}

TEST(RoomCodecTest, EveryEventComesBackFromItsRecord) {
  for (const Event& event : OneOfEach()) {
    SCOPED_TRACE(event.what.index());
    const v1::RoomEvent record = RecordOf(event);
    EXPECT_EQ(record.position().incarnation(), 42u);
    EXPECT_EQ(record.position().sequence(), 7u);
    EXPECT_NE(record.audience().audience_case(), common::v1::Audience::AUDIENCE_NOT_SET);
    const absl::StatusOr<Event> back = RoomCodec::FromRecord(record);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, event);
  }
}

TEST(RoomCodecTest, RecordNamesItsAudience) {
  const std::vector<Event> events = OneOfEach();
  EXPECT_EQ(RecordOf(events[1]).audience().everyone_except().participant_id(), "a");
  EXPECT_TRUE(RecordOf(events[5]).audience().has_everyone());
}

TEST(RoomCodecTest, OnlyTheEndOfTheRoomIsLast) {
  for (const Event& event : OneOfEach()) {
    EXPECT_EQ(RoomCodec::IsLast(event), std::holds_alternative<RoomDestroyed>(event.what));
  }
}

TEST(RoomCodecTest, UnknownEventIsDataLoss) {
  EXPECT_TRUE(absl::IsDataLoss(RoomCodec::FromRecord(v1::RoomEvent()).status()));
  v1::RoomEvent no_reason;
  no_reason.mutable_room_destroyed();
  EXPECT_TRUE(absl::IsDataLoss(RoomCodec::FromRecord(no_reason).status()));
  v1::RoomEvent no_role;
  no_role.mutable_participant_joined()->mutable_participant()->set_id("a");
  EXPECT_TRUE(absl::IsDataLoss(RoomCodec::FromRecord(no_role).status()));
}

TEST(RoomCodecTest, StateComesBackWithAndWithoutDeadline) {
  Room waiting;
  Do(waiting, CreateRoomCommand("Stand-up"));
  for (const Room& room : {waiting, RoomWith("host", "a")}) {
    const absl::StatusOr<Room> back = RoomCodec::DecodeState(RoomCodec::EncodeState(room));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, room);
  }
}

TEST(RoomCodecTest, EveryReplyComesBack) {
  Room room;
  Do(room, CreateRoomCommand());
  const std::vector<Reply> replies = {std::monostate(),        RoomCreatedReply{room},
                                      JoinedReply{"a", "key"}, LeftReply{},
                                      NameUpdatedReply{},      MediaStateUpdatedReply{{true, false}}};
  for (const Reply& reply : replies) {
    SCOPED_TRACE(reply.index());
    const absl::StatusOr<Reply> back = RoomCodec::DecodeReply(RoomCodec::EncodeReply(reply), {});
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, reply);
  }
}

TEST(RoomCodecTest, GarbageIsDataLoss) {
  EXPECT_TRUE(absl::IsDataLoss(RoomCodec::DecodeState("\xff\xff\xff").status()));
  EXPECT_TRUE(absl::IsDataLoss(RoomCodec::DecodeReply("\xff\xff\xff", {}).status()));
}

}  // namespace
}  // namespace parley::room
