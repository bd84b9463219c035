#include "edge/socketio/decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace parley::socketio {
namespace {

using nlohmann::json;
using Result = Decoder::Result;
using namespace std::string_view_literals;

constexpr std::size_t kMaxDepth = 32;

/// A packet that must be complete and in order.
Packet Decoded(std::string_view text) {
  Decoder decoder(kMaxDepth);
  Packet packet;
  EXPECT_EQ(decoder.AddText(text, packet), Result::kPacket) << text;
  return packet;
}

Result ResultOf(std::string_view text) {
  Decoder decoder(kMaxDepth);
  Packet packet;
  return decoder.AddText(text, packet);
}

/// What becomes of a header for one attachment and the attachment.
Result ResultOfBinary(std::string_view header) {
  Decoder decoder(kMaxDepth);
  Packet packet;
  const Result result = decoder.AddText(header, packet);
  return result == Result::kIncomplete ? decoder.AddBinary("\x01", packet) : result;
}

TEST(DecoderTest, EventIsNameAndArguments) {
  const Packet packet = Decoded(R"(2["hello",1,{"a":[true]}])");
  EXPECT_EQ(packet.type, PacketType::kEvent);
  EXPECT_EQ(packet.name_space, "/");
  EXPECT_FALSE(packet.id.has_value());
  EXPECT_EQ(packet.data, json::parse(R"(["hello",1,{"a":[true]}])"));
}

TEST(DecoderTest, EventMayWantAnAnswer) {
  EXPECT_EQ(Decoded(R"(20["hello"])").id, 0u);
  EXPECT_EQ(Decoded(R"(2456["hello"])").id, 456u);
}

TEST(DecoderTest, NamespaceComesBeforeTheId) {
  const Packet packet = Decoded(R"(2/ns,12["hello"])");
  EXPECT_EQ(packet.name_space, "/ns");
  EXPECT_EQ(packet.id, 12u);
  EXPECT_EQ(Decoded("0/ns").name_space, "/ns");
  EXPECT_EQ(Decoded("0/ns,").name_space, "/ns");
  EXPECT_EQ(Decoded("0/ns?token=a,").name_space, "/ns?token=a");
}

TEST(DecoderTest, ConnectMayCarryAnObject) {
  EXPECT_TRUE(Decoded("0").data.is_null());
  EXPECT_EQ(Decoded(R"(0{"token":"123"})").data, json::parse(R"({"token":"123"})"));
  for (const char* text : {"0[]", R"(0"token")", "0null", "0{", "0true"})
    EXPECT_EQ(ResultOf(text), Result::kInvalid);
}

TEST(DecoderTest, DisconnectCarriesNothing) {
  EXPECT_EQ(Decoded("1").type, PacketType::kDisconnect);
  EXPECT_EQ(ResultOf("1{}"), Result::kInvalid);
}

TEST(DecoderTest, AnswerIsAnArray) {
  const Packet packet = Decoded(R"(312["a"])");
  EXPECT_EQ(packet.type, PacketType::kAck);
  EXPECT_EQ(packet.id, 12u);
  EXPECT_EQ(packet.data, json::array({"a"}));
  EXPECT_EQ(Decoded("312[]").data, json::array());
  EXPECT_TRUE(Decoded("312").data.is_null());
  EXPECT_EQ(ResultOf("312{}"), Result::kInvalid);
  EXPECT_EQ(ResultOf(R"(312"a")"), Result::kInvalid);
}

TEST(DecoderTest, EventWithoutPayloadIsInOrder) { EXPECT_TRUE(Decoded("2").data.is_null()); }

TEST(DecoderTest, PrototypeKeyIsAKeyLikeAnother) {
  EXPECT_EQ(Decoded(R"(2["a",{"__proto__":{"x":1}}])").data[1]["__proto__"]["x"], 1);
}

TEST(DecoderTest, NameMayBeANumber) { EXPECT_EQ(Decoded("2[1]").data, json::array({1})); }

TEST(DecoderTest, WhatIsNoEventIsRefused) {
  for (const char* text :
       {"2[]", "2{}", "2null", R"(2"a")", "2[{}]", R"(2[{"toString":"x"}])", "2[null]", "2[true]", "2[[]]",
        R"(2["a")", R"(2["a"]x)", "2abc", R"(2abc["a"])", R"(2-1["a"])"}) {
    EXPECT_EQ(ResultOf(text), Result::kInvalid) << text;
  }
}

TEST(DecoderTest, ReservedNamesAreRefused) {
  for (const char* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}) {
    EXPECT_EQ(ResultOf(R"(2[")" + std::string(name) + R"("])"), Result::kInvalid) << name;
  }
  EXPECT_EQ(ResultOf(R"(2["error"])"), Result::kPacket);
}

TEST(DecoderTest, UnknownTypesAreRefused) {
  for (const char* text : {"", "7", "8[]", "9", "a", "abc", "-1", " 2[\"a\"]"}) {
    EXPECT_EQ(ResultOf(text), Result::kInvalid) << text;
  }
}

TEST(DecoderTest, AMegabyteOfDigitsIsRefused) {
  EXPECT_EQ(ResultOf(std::string(1'000'000, '2')), Result::kInvalid);
}

TEST(DecoderTest, AMegabyteOfNamespaceIsANamespace) {
  EXPECT_EQ(Decoded("0/" + std::string(1'000'000, 'n')).name_space.size(), 1'000'001u);
}

TEST(DecoderTest, AttachmentsTakeTheirPlaces) {
  Decoder decoder(kMaxDepth);
  Packet packet;
  EXPECT_EQ(decoder.AddText(R"(52-7["e",{"_placeholder":true,"num":1},{"a":{"_placeholder":true,"num":0}}])",
                            packet),
            Result::kIncomplete);
  EXPECT_EQ(decoder.AddBinary("\x01", packet), Result::kIncomplete);
  EXPECT_EQ(decoder.AddBinary("\x02\x03", packet), Result::kPacket);
  EXPECT_EQ(packet.type, PacketType::kEvent);
  EXPECT_EQ(packet.id, 7u);
  EXPECT_EQ(packet.data[1], json::binary({2, 3}));
  EXPECT_EQ(packet.data[2]["a"], json::binary({1}));
  EXPECT_EQ(decoder.AddText(R"(2["next"])", packet), Result::kPacket);
}

TEST(DecoderTest, AnswersMayHaveAttachments) {
  Decoder decoder(kMaxDepth);
  Packet packet;
  EXPECT_EQ(decoder.AddText(R"(61-7[{"_placeholder":true,"num":0}])", packet), Result::kIncomplete);
  EXPECT_EQ(decoder.AddBinary("\x01", packet), Result::kPacket);
  EXPECT_EQ(packet.type, PacketType::kAck);
  EXPECT_EQ(packet.data, json::array({json::binary({1})}));
}

TEST(DecoderTest, PlaceholdersOfATextEventAreOrdinaryObjects) {
  EXPECT_EQ(Decoded(R"(2["e",{"_placeholder":true,"num":"splice"}])").data[1]["num"], "splice");
}

TEST(DecoderTest, TenAttachmentsAreTheMost) {
  EXPECT_EQ(ResultOf(R"(510-["e"])"), Result::kIncomplete);
  for (const char* text :
       {R"(511-["e"])", R"(50-["e"])", R"(5-["e"])", R"(5["e"])", R"(5-1-["e"])", R"(51.5-["e"])",
        R"(59999999-["e"])", R"(599999999999999999999999-["e"])", "51", R"(5 1-["e"])"}) {
    EXPECT_EQ(ResultOf(text), Result::kInvalid) << text;
  }
}

TEST(DecoderTest, TextWhileAttachmentsAreAwaitedIsRefused) {
  Decoder decoder(kMaxDepth);
  Packet packet;
  EXPECT_EQ(decoder.AddText(R"(51-["e"])", packet), Result::kIncomplete);
  EXPECT_EQ(decoder.AddText(R"(2["e"])", packet), Result::kInvalid);
}

TEST(DecoderTest, StrayBinaryIsRefused) {
  Decoder decoder(kMaxDepth);
  Packet packet;
  EXPECT_EQ(decoder.AddBinary("\x01", packet), Result::kInvalid);
  EXPECT_EQ(decoder.AddText(R"(51-["e"])", packet), Result::kIncomplete);
  EXPECT_EQ(decoder.AddBinary("\x01", packet), Result::kPacket);
  EXPECT_EQ(decoder.AddBinary("\x01", packet), Result::kInvalid);
}

TEST(DecoderTest, PlaceholdersMustNameAnAttachment) {
  EXPECT_EQ(ResultOfBinary(R"(51-["e",{"_placeholder":true,"num":0}])"), Result::kPacket);
  for (const char* number : {"1", "-1", "0.5", "\"0\"", "\"splice\"", "null", "true", "[]", "1e3"}) {
    EXPECT_EQ(ResultOfBinary(R"(51-["e",{"_placeholder":true,"num":)" + std::string(number) + "}]"),
              Result::kInvalid)
        << number;
  }
  EXPECT_EQ(ResultOfBinary(R"(51-["e",{"_placeholder":true}])"), Result::kInvalid);
}

TEST(DecoderTest, AnAttachmentIsPlacedOnce) {
  EXPECT_EQ(ResultOfBinary(R"(51-["e",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}])"),
            Result::kInvalid);
}

TEST(DecoderTest, ArgumentsMayBeAsDeepAsTheLimit) {
  const auto nested = [](int depth) {
    return R"(21["e",)" + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "]";
  };
  EXPECT_EQ(Decoded(nested(32)).defect, Defect::kNone);
  const Packet packet = Decoded(nested(33));
  EXPECT_EQ(packet.defect, Defect::kTooDeep);
  EXPECT_EQ(packet.data, json::array({"e"}));
  EXPECT_EQ(packet.id, 1u);
  EXPECT_EQ(Decoded(nested(20000)).defect, Defect::kTooDeep);
}

TEST(DecoderTest, HalfASurrogatePairIsADefectOfTheEvent) {
  const Packet packet = Decoded(R"(21["e","\ud83d"])");
  EXPECT_EQ(packet.defect, Defect::kLoneSurrogate);
  EXPECT_EQ(packet.data, json::array({"e"}));
  EXPECT_EQ(Decoded(R"(21["e","\ud83d\ude00"])").data[1], "\U0001F600");
}

TEST(DecoderTest, ConnectMayHaveADefectToo) {
  const auto nested = [](std::size_t depth) {
    return R"(0/ns,{"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(Decoded(nested(31)).defect, Defect::kNone);
  for (const std::string& text : {nested(32), nested(20000), std::string(R"(0/ns,{"a":"\ud83d"})"),
                                  std::string(R"(0/ns, {"\ude00":1})")}) {
    const Packet packet = Decoded(text);
    EXPECT_EQ(packet.type, PacketType::kConnect);
    EXPECT_EQ(packet.name_space, "/ns");
    EXPECT_NE(packet.defect, Defect::kNone);
    EXPECT_TRUE(packet.data.is_null());
  }
  EXPECT_EQ(ResultOf("0" + std::string(20000, '[')), Result::kInvalid);
  EXPECT_EQ(ResultOf(R"(0"\ud83d")"), Result::kInvalid);
}

TEST(DecoderTest, SpaceBeforeTheListHidesNoDefect) {
  EXPECT_EQ(Decoded("2 \n[\"e\"]").data, json::array({"e"}));
  for (const std::string& argument :
       {std::string(33, '[') + std::string(33, ']'), std::string(R"("\ud83d")")}) {
    const Packet packet = Decoded("2 [\"e\"," + argument + "]");
    EXPECT_NE(packet.defect, Defect::kNone);
    EXPECT_EQ(packet.data, json::array({"e"}));
  }
  EXPECT_EQ(ResultOf("2 "), Result::kInvalid);
}

TEST(DecoderTest, ANulIsNotTheEndOfAPacket) {
  for (const std::string_view text :
       {"2[\"e\"]\0"sv, "2[\"e\"]\0 and more"sv, "0{}\0"sv, "31[]\0]"sv, "2\0"sv}) {
    EXPECT_EQ(ResultOf(text), Result::kInvalid);
  }
}

TEST(DecoderTest, DefectsElsewhereAreRefused) {
  EXPECT_EQ(ResultOf(R"(2["\ud83d"])"), Result::kInvalid);
  EXPECT_EQ(ResultOf(R"(4{"a":"\ud83d"})"), Result::kInvalid);
  EXPECT_EQ(ResultOf(R"(31["\ud83d"])"), Result::kInvalid);
  EXPECT_EQ(ResultOf("2" + std::string(20000, '[')), Result::kInvalid);
}

TEST(DecoderTest, DefectiveEventsWithAttachmentsAwaitThem) {
  Decoder decoder(kMaxDepth);
  Packet packet;
  EXPECT_EQ(decoder.AddText(R"(51-["e","\ud83d"])", packet), Result::kIncomplete);
  EXPECT_EQ(decoder.AddBinary("\x01", packet), Result::kPacket);
  EXPECT_EQ(packet.defect, Defect::kLoneSurrogate);
}

}  // namespace
}  // namespace parley::socketio
