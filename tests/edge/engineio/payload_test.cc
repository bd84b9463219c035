#include "edge/engineio/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "edge/engineio/message.h"

namespace parley::engineio {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

std::vector<websocket::SharedFrame> Frames(Protocol protocol, const std::vector<Message>& messages) {
  std::vector<websocket::SharedFrame> frames;
  for (const Message& message : messages) frames.push_back(message.frame(protocol));
  return frames;
}

const std::vector<Message>& TextAndBinary() {
  static const std::vector<Message> messages = {Message::Text("hello"), Message::Binary("\x01\x02\x03\x04")};
  return messages;
}

/// The packets as text, binary ones in brackets, and how it ended.
std::pair<PayloadResult, std::vector<std::string>> Decode(Protocol protocol, bool binary,
                                                          std::string_view body) {
  std::vector<std::string> packets;
  const PayloadResult result = DecodePayload(protocol, binary, body, [&](const Packet& packet) {
    std::string text(1, static_cast<char>(packet.type));
    text += packet.data;
    packets.push_back(packet.binary ? "[" + text + "]" : text);
    return packet.type != PacketType::kClose;
  });
  return {result, packets};
}

TEST(PayloadV4Test, PacketsAreSeparatedAndBinaryIsBase64) {
  const Payload payload = EncodePayload(Protocol::kV4, false, Frames(Protocol::kV4, TextAndBinary()));
  EXPECT_FALSE(payload.binary);
  EXPECT_EQ(payload.body,
            "4hello\x1e"
            "bAQIDBA==");
}

TEST(PayloadV4Test, PacketsAreReadInOrder) {
  const auto [result, packets] = Decode(Protocol::kV4, false,
                                        "4hello\x1e"
                                        "bAQIDBA==\x1e"
                                        "3");
  EXPECT_EQ(result, PayloadResult::kComplete);
  EXPECT_THAT(packets, ElementsAre("4hello", "[4\x01\x02\x03\x04]", "3"));
}

TEST(PayloadV4Test, PacketsBeforeAFaultAreRead) {
  const auto [result, packets] = Decode(Protocol::kV4, false,
                                        "4a\x1e\x1e"
                                        "4b");
  EXPECT_EQ(result, PayloadResult::kMalformed);
  EXPECT_THAT(packets, ElementsAre("4a"));
}

TEST(PayloadV4Test, ReadingStopsWhenToldTo) {
  const auto [result, packets] = Decode(Protocol::kV4, false,
                                        "1\x1e"
                                        "4b");
  EXPECT_EQ(result, PayloadResult::kStopped);
  EXPECT_THAT(packets, ElementsAre("1"));
}

TEST(PayloadV4Test, EmptyBinaryOrInvalidTextIsRefused) {
  EXPECT_EQ(Decode(Protocol::kV4, false, "").first, PayloadResult::kMalformed);
  EXPECT_EQ(Decode(Protocol::kV4, true, "4hello").first, PayloadResult::kMalformed);
  EXPECT_EQ(Decode(Protocol::kV4, false, "4\xff").first, PayloadResult::kMalformed);
}

TEST(PayloadV3Test, LengthsAreInUtf16CodeUnits) {
  const std::vector<Message> messages = {Message::Text("\u20ac"), Message::Text("\U0001F600")};
  const Payload payload = EncodePayload(Protocol::kV3, true, Frames(Protocol::kV3, messages));
  EXPECT_EQ(payload.body, "2:4\u20ac3:4\U0001F600");
}

TEST(PayloadV3Test, BinaryIsBase64ForClientsThatAskForIt) {
  const Payload payload = EncodePayload(Protocol::kV3, true, Frames(Protocol::kV3, TextAndBinary()));
  EXPECT_FALSE(payload.binary);
  EXPECT_EQ(payload.body, "6:4hello10:b4AQIDBA==");
}

TEST(PayloadV3Test, BinaryMakesTheWholePayloadBinary) {
  const Payload payload = EncodePayload(Protocol::kV3, false, Frames(Protocol::kV3, TextAndBinary()));
  EXPECT_TRUE(payload.binary);
  EXPECT_EQ(payload.body,
            "\x00\x06\xff"
            "4hello\x01\x05\xff\x04\x01\x02\x03\x04"s);
}

TEST(PayloadV3Test, BinaryPayloadsCountBytes) {
  const std::vector<Message> messages = {Message::Text("\u20ac\u20ac\u20ac\u20ac"), Message::Binary("")};
  const Payload payload = EncodePayload(Protocol::kV3, false, Frames(Protocol::kV3, messages));
  EXPECT_EQ(payload.body,
            "\x00\x01\x03\xff"
            "4\u20ac\u20ac\u20ac\u20ac\x01\x01\xff\x04"s);
}

TEST(PayloadV3Test, TextIsReadByLength) {
  const auto [result, packets] = Decode(Protocol::kV3, false,
                                        "6:4hello10:b4AQIDBA==3:4\U0001F600"
                                        "1:2");
  EXPECT_EQ(result, PayloadResult::kComplete);
  EXPECT_THAT(packets, ElementsAre("4hello", "[4\x01\x02\x03\x04]", "4\U0001F600", "2"));
}

TEST(PayloadV3Test, BinaryIsReadByLength) {
  const auto [result, packets] = Decode(Protocol::kV3, true,
                                        "\x00\x06\xff"
                                        "4hello\x01\x05\xff\x04\x01\x02\x03\x04\x00\x01\x00\xff"
                                        "4123456789"s);
  EXPECT_EQ(result, PayloadResult::kComplete);
  EXPECT_THAT(packets, ElementsAre("4hello", "[4\x01\x02\x03\x04]", "4123456789"));
}

TEST(PayloadV3Test, WrongLengthsAreRefused) {
  for (const char* body : {"", "abc", "7:4hello", "5:4hello", ":4hello", "-1:4", "1e1:4hello", "6",
                           "6:", "2:4\U0001F600", "99999999999999999999:4", "1:9"}) {
    EXPECT_EQ(Decode(Protocol::kV3, false, body).first, PayloadResult::kMalformed) << body;
  }
  for (const std::string& body : {""s, "\x00"s, "\x00\x06"s,
                                  "\x00\xff"
                                  "4"s,
                                  "\x00\x06\xff"
                                  "4"s,
                                  "\x02\x01\xff"
                                  "4"s,
                                  "\x00\x0a\xff"
                                  "4"s,
                                  "\x00\x02\xff"
                                  "4\xff"s,
                                  "\x01\x01\xff"
                                  "4"s}) {
    EXPECT_EQ(Decode(Protocol::kV3, true, body).first, PayloadResult::kMalformed);
  }
}

}  // namespace
}  // namespace parley::engineio
