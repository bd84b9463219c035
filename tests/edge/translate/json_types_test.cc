#include "edge/translate/json_types.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace parley::edge {
namespace {

using nlohmann::json;

room::v1::Participant MakeAda() {
  room::v1::Participant ada;
  ada.set_id("a");
  ada.set_name("Ada");
  ada.mutable_media_state()->set_camera_enabled(true);
  ada.set_role(room::v1::ROLE_HOST);
  ada.set_key_sha256(std::string(32, 'x'));
  return ada;
}

messaging::v1::Message MakeMessage() {
  messaging::v1::Message message;
  message.set_id("m");
  message.set_from("a");
  message.mutable_to()->mutable_everyone();
  message.set_content("<b>&amp;");
  message.mutable_create_time()->set_seconds(1700000000);
  message.mutable_create_time()->set_nanos(123'000'000);
  return message;
}

TEST(JsonTypesTest, AParticipantIsTheContractsAndNothingElse) {
  const json media = {{"cameraEnabled", true}, {"microphoneEnabled", false}};
  EXPECT_EQ(json::parse(ToJson(MakeAda())), json({{"id", "a"},
                                                  {"name", "Ada"},
                                                  {"mediaState", media},
                                                  {"settings", media},
                                                  {"isHost", true},
                                                  {"isAlive", true},
                                                  {"role", "host"}}));
}

TEST(JsonTypesTest, AMediaStateTellsCameraAndMicrophoneApart) {
  for (const bool camera : {false, true}) {
    for (const bool microphone : {false, true}) {
      room::v1::MediaState media_state;
      media_state.set_camera_enabled(camera);
      media_state.set_microphone_enabled(microphone);
      EXPECT_EQ(json::parse(ToJson(media_state)),
                json({{"cameraEnabled", camera}, {"microphoneEnabled", microphone}}));
    }
  }
}

TEST(JsonTypesTest, AMessageIsTheContractsAndNothingElse) {
  EXPECT_EQ(json::parse(ToJson(MakeMessage())), json({{"from", "a"},
                                                      {"to", "everyone"},
                                                      {"message", "m"},
                                                      {"id", "m"},
                                                      {"content", "<b>&amp;"},
                                                      {"reactions", json::array()},
                                                      {"created", 1700000000123},
                                                      {"edited", false}}));
}

TEST(JsonTypesTest, ReactionsAreNumberedFromZero) {
  messaging::v1::Message message = MakeMessage();
  auto* reaction = message.add_reactions();
  reaction->set_type(messaging::v1::REACTION_TYPE_THUMBS_UP);
  reaction->set_participant_id("b");
  reaction = message.add_reactions();
  reaction->set_type(messaging::v1::REACTION_TYPE_CLAP);
  reaction->set_participant_id("a");
  EXPECT_EQ(json::parse(ToJson(message))["reactions"],
            json::array({{{"type", 0}, {"participantId", "b"}, {"participant", "b"}},
                         {{"type", 7}, {"participantId", "a"}, {"participant", "a"}}}));
}

TEST(JsonTypesTest, ASummaryHoldsOnesOwnKeyOnly) {
  room::v1::Room room;
  room.set_id("123456789");
  *room.add_participants() = MakeAda();
  room::v1::Participant* bob = room.add_participants();
  *bob = MakeAda();
  bob->set_id("b");
  bob->set_role(room::v1::ROLE_PARTICIPANT);
  room::v1::Credentials credentials;
  credentials.set_participant_id("b");
  credentials.set_key("secret");
  messaging::v1::ListMessagesResponse history;
  *history.add_messages() = MakeMessage();
  history.set_has_more(true);
  auto* former = history.add_former_participants();
  former->set_id("c");
  former->set_name("Cy");

  const json summary = json::parse(MakeRoomSummary(room, credentials, history));
  EXPECT_EQ(summary["myId"], "b");
  EXPECT_EQ(summary["hasMore"], true);
  ASSERT_EQ(summary["participants"].size(), 3u);
  EXPECT_FALSE(summary["participants"][0].contains("key"));
  EXPECT_EQ(summary["participants"][0]["isMe"], false);
  EXPECT_EQ(summary["participants"][1]["key"], "secret");
  EXPECT_EQ(summary["participants"][1]["isMe"], true);
  EXPECT_EQ(summary["participants"][2]["name"], "Cy");
  EXPECT_EQ(summary["participants"][2]["isAlive"], false);
  EXPECT_EQ(summary.dump().find("xxx"), std::string::npos) << "the digest of a key is nobody's business";
}

TEST(JsonTypesTest, EveryoneIsARecipientOfItsOwn) {
  EXPECT_TRUE(ToRecipient("everyone").has_everyone());
  EXPECT_EQ(ToRecipient("Everyone").participant_id(), "Everyone");
}

}  // namespace
}  // namespace parley::edge
