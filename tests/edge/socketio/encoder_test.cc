#include "edge/socketio/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "edge/socketio/encoded_event.h"

namespace parley::socketio {
namespace {

using engineio::Message;
using engineio::Protocol;
using nlohmann::json;
using testing::ElementsAre;

json Bytes(std::initializer_list<std::uint8_t> bytes) { return json::binary(bytes); }

std::vector<std::string> Payloads(const std::vector<Message>& messages, Protocol protocol = Protocol::kV4) {
  std::vector<std::string> payloads;
  for (const Message& message : messages) payloads.emplace_back(message.frame(protocol)->payload());
  return payloads;
}

TEST(EncoderTest, EventIsAnArrayThatBeginsWithItsName) {
  EXPECT_THAT(Payloads(EncodeEvent("hello", json::array({1, "2", {{"3", {true}}}}))->messages()),
              ElementsAre(R"(42["hello",1,"2",{"3":[true]}])"));
  EXPECT_THAT(Payloads(EncodeEvent("hello", json::array())->messages()), ElementsAre(R"(42["hello"])"));
}

TEST(EncoderTest, NamesAreEscaped) {
  EXPECT_THAT(Payloads(EncodeEvent("a\"b", json::array())->messages()), ElementsAre(R"(42["a\"b"])"));
}

TEST(EncoderTest, EventThatWantsAnAnswerCarriesAnId) {
  EXPECT_THAT(Payloads(EncodeEventPacket("hello", json::array({1}), 7)), ElementsAre(R"(427["hello",1])"));
}

TEST(EncoderTest, BinaryValuesBecomeAttachments) {
  const json args = json::array({Bytes({1, 2}), {{"a", Bytes({3})}}});
  const SharedEvent event = EncodeEvent("e", args);
  const std::string header = R"(452-["e",{"_placeholder":true,"num":0},{"a":{"_placeholder":true,"num":1}}])";
  EXPECT_THAT(Payloads(event->messages()), ElementsAre(header, "\x01\x02", "\x03"));
  EXPECT_THAT(Payloads(event->messages(), Protocol::kV3), ElementsAre(header, "\x04\x01\x02", "\x04\x03"));
}

TEST(EncoderTest, TextIsOneFrameForBothVersions) {
  const SharedEvent event = EncodeEvent("e", json::array({"text"}));
  EXPECT_EQ(event->messages()[0].frame(Protocol::kV3), event->messages()[0].frame(Protocol::kV4));
}

TEST(EncoderTest, AnswersCarryTheirEventsId) {
  EXPECT_THAT(Payloads(EncodeAckPacket(456, json::array({1, "2"}))), ElementsAre(R"(43456[1,"2"])"));
  EXPECT_THAT(Payloads(EncodeAckPacket(0, json::array())), ElementsAre("430[]"));
  EXPECT_THAT(Payloads(EncodeAckPacket(789, json::array({Bytes({1})}))),
              ElementsAre(R"(461-789[{"_placeholder":true,"num":0}])", "\x01"));
}

TEST(EncoderTest, ReservedNamesAreNeverSent) {
  for (const char* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}) {
    EXPECT_THROW(EncodeEvent(name, json::array()), std::invalid_argument) << name;
  }
  EXPECT_NO_THROW(EncodeEvent("error", json::array()));
}

TEST(EncoderTest, ArgumentsMustBeAnArray) {
  EXPECT_THROW(EncodeEvent("e", json::object()), std::invalid_argument);
}

TEST(EncoderTest, BrokenTextIsReplacedRatherThanSent) {
  EXPECT_THAT(Payloads(EncodeEvent("e", json::array({"a\xff"}))->messages()),
              ElementsAre("42[\"e\",\"a\ufffd\"]"));
}

TEST(EncoderTest, UnknownNamespaceIsRefusedByName) {
  EXPECT_THAT(Payloads({EncodeInvalidNamespace("/ns")}),
              ElementsAre(R"(44/ns,{"message":"Invalid namespace"})"));
}

}  // namespace
}  // namespace parley::socketio
