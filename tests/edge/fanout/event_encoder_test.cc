#include "edge/fanout/event_encoder.h"

#include <gtest/gtest.h>

#include "edge/engineio/message.h"

namespace parley::edge {
namespace {

std::vector<std::string> Texts(const SharedBroadcast& broadcast) {
  std::vector<std::string> texts;
  for (const auto& event : broadcast->events) {
    for (const auto& message : event->messages())
      texts.emplace_back(message.frame(engineio::Protocol::kV4)->payload());
  }
  return texts;
}

TEST(EventEncoderTest, AChangedNameIsTwoArguments) {
  room::v1::RoomEvent event;
  event.mutable_position()->set_sequence(7);
  event.mutable_audience()->mutable_everyone_except()->set_participant_id("a");
  event.mutable_name_updated()->set_participant_id("a");
  event.mutable_name_updated()->set_name("Ada");
  const SharedBroadcast broadcast = EncodeBroadcast(event);
  EXPECT_EQ(Texts(broadcast), std::vector<std::string>{R"(42["participant-changed-name","a","Ada"])"});
  EXPECT_EQ(broadcast->position.sequence, 7u);
  EXPECT_EQ(broadcast->audience.everyone_except().participant_id(), "a");
}

TEST(EventEncoderTest, AMediaStateIsOneObject) {
  room::v1::RoomEvent event;
  event.mutable_media_state_updated()->set_participant_id("a");
  event.mutable_media_state_updated()->mutable_media_state()->set_camera_enabled(true);
  EXPECT_EQ(
      Texts(EncodeBroadcast(event)),
      std::vector<std::string>{
          R"(42["participant-updated-media-state",{"id":"a","mediaState":{"cameraEnabled":true,"microphoneEnabled":false}}])"});
}

TEST(EventEncoderTest, ADestroyedRoomIsToldInBothSpellings) {
  room::v1::RoomEvent event;
  event.mutable_room_destroyed();
  const SharedBroadcast broadcast = EncodeBroadcast(event);
  EXPECT_EQ(Texts(broadcast), (std::vector<std::string>{R"(42["destroy"])", R"(42["destory"])"}));
  EXPECT_EQ(broadcast->kind, Broadcast::Kind::kDestroyed);
}

TEST(EventEncoderTest, ABrokenConnectionIsOneObject) {
  room::v1::RoomEvent event;
  event.mutable_participant_disconnected()->set_participant_id("p1");
  EXPECT_EQ(Texts(EncodeBroadcast(event)),
            (std::vector<std::string>{R"(42["participant-connection",{"id":"p1","isAlive":false}])"}));
}

TEST(EventEncoderTest, ComingBackIsToldToThoseWhoMissedIt) {
  room::v1::RoomEvent event;
  event.mutable_participant_reconnected()->set_participant_id("p1");
  event.mutable_participant_reconnected()->mutable_connection()->set_id("c1");
  EXPECT_TRUE(EncodeBroadcast(event)->events.empty());
  EXPECT_EQ(EncodeBroadcast(event)->connection_id, "c1");
  event.mutable_participant_reconnected()->set_was_away(true);
  EXPECT_EQ(Texts(EncodeBroadcast(event)),
            (std::vector<std::string>{R"(42["participant-connection",{"id":"p1","isAlive":true}])"}));
}

TEST(EventEncoderTest, NobodyIsToldThatARoomCameToBe) {
  room::v1::RoomEvent event;
  event.mutable_room_created();
  EXPECT_EQ(EncodeBroadcast(event), nullptr);
}

TEST(EventEncoderTest, AnUnknownEventOfANewerServiceIsPassedOver) {
  EXPECT_EQ(EncodeBroadcast(room::v1::RoomEvent()), nullptr);
  EXPECT_EQ(EncodeBroadcast(messaging::v1::MessageEvent()), nullptr);
}

TEST(EventEncoderTest, AMessageIsNamedByWhatHappenedAndWhomItIsFor) {
  messaging::v1::MessageEvent event;
  event.mutable_message_sent()->mutable_message()->mutable_to()->mutable_everyone();
  EXPECT_TRUE(Texts(EncodeBroadcast(event))[0].starts_with(R"(42["new-room-message",{)"));
  event.mutable_message_edited()->mutable_message()->mutable_to()->set_participant_id("b");
  EXPECT_TRUE(Texts(EncodeBroadcast(event))[0].starts_with(R"(42["edit-direct-message",{)"));
  event.mutable_message_deleted()->mutable_message()->mutable_to()->set_participant_id("b");
  EXPECT_TRUE(Texts(EncodeBroadcast(event))[0].starts_with(R"(42["delete-direct-message",{)"));
}

}  // namespace
}  // namespace parley::edge
