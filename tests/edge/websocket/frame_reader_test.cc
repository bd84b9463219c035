#include "edge/websocket/frame_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/edge/websocket/websocket_client.h"

namespace parley::websocket {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kMaxMessage = 100'000;

/// Notes what is found, as "text hi", "binary hi", "ping hi" and "close 1000 bye".
class NotingSink final : public FrameReader::Sink {
 public:
  bool OnMessage(std::string_view payload, bool binary) override {
    notes_.push_back((binary ? "binary " : "text ") + std::string(payload));
    return payload != "stop";
  }
  bool OnPing(std::string_view payload) override {
    notes_.push_back("ping " + std::string(payload));
    return true;
  }
  void OnClose(std::uint16_t code, std::string_view reason) override {
    notes_.push_back(absl::StrCat("close ", code, " ", std::string(reason)));
  }

  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::vector<std::string> notes_;
};

struct Outcome {
  std::vector<std::string> notes;
  std::optional<std::uint16_t> violation;

  bool operator==(const Outcome&) const = default;
};

/// What comes of the bytes when they arrive `step` at a time.
Outcome Read(std::string bytes, std::size_t step, bool inflates = false) {
  FrameReader reader(kMaxMessage, inflates);
  NotingSink sink;
  Outcome outcome;
  for (std::size_t i = 0; i < bytes.size() && !outcome.violation; i += step) {
    const auto violation = reader.Read(std::span(bytes).subspan(i, std::min(step, bytes.size() - i)), sink);
    if (violation) outcome.violation = violation->code;
  }
  outcome.notes = sink.notes();
  return outcome;
}

/// The same, which must not depend on how they arrive.
Outcome Read(const std::string& bytes) {
  const Outcome whole = Read(bytes, bytes.size());
  for (const std::size_t step : {1, 2, 3, 7, 126, 4096}) EXPECT_EQ(Read(bytes, step), whole) << step;
  return whole;
}

std::string Fragments(std::initializer_list<const char*> payloads) {
  std::string bytes;
  std::size_t left = payloads.size();
  for (const char* payload : payloads) {
    bytes += ClientFrame(left == payloads.size() ? kText : kContinuation, payload, {.fin = left == 1});
    --left;
  }
  return bytes;
}

TEST(FrameReaderTest, FindsMessagesOfEveryLength) {
  for (const std::size_t size : {0, 1, 3, 4, 7, 8, 9, 125, 126, 127, 65'535, 65'536, 100'000}) {
    const std::string payload(size, 'x');
    const Outcome outcome = Read(ClientFrame(kText, payload) + ClientFrame(kBinary, payload));
    EXPECT_THAT(outcome.notes, ElementsAre("text " + payload, "binary " + payload));
    EXPECT_FALSE(outcome.violation);
  }
}

TEST(FrameReaderTest, PutsFragmentsTogetherThoughPingsComeBetweenThem) {
  const Outcome outcome =
      Read(ClientFrame(kText, "ab", {.fin = false}) + ClientFrame(kPing, "1") +
           ClientFrame(kContinuation, "", {.fin = false}) + ClientFrame(kPong, "nobody asked") +
           ClientFrame(kContinuation, "cd") + ClientFrame(kPing, ""));
  EXPECT_THAT(outcome.notes, ElementsAre("ping 1", "text abcd", "ping "));
}

TEST(FrameReaderTest, ACharacterMayBeSpreadOverFragments) {
  EXPECT_THAT(Read(Fragments({"\xe2", "\x82", "\xac"})).notes, ElementsAre("text \xe2\x82\xac"));
}

TEST(FrameReaderTest, NothingIsReadAfterACloseFrame) {
  EXPECT_THAT(
      Read(ClientFrame(kClose, ClosePayload(1000, "bye")) + ClientFrame(kText, "more"), 1'000'000).notes,
      ElementsAre("close 1000 bye"));
  EXPECT_THAT(Read(ClientFrame(kClose, ""), 1'000'000).notes, ElementsAre("close 1005 "));
}

TEST(FrameReaderTest, NothingIsReadOnceTheSinkHasHadEnough) {
  EXPECT_THAT(Read(ClientFrame(kText, "stop") + ClientFrame(kText, "more"), 1'000'000).notes,
              ElementsAre("text stop"));
}

TEST(FrameReaderTest, CodesThatACloseFrameMayName) {
  for (const std::uint16_t code : {1000, 1003, 1007, 1013, 3000, 4999}) {
    EXPECT_FALSE(Read(ClientFrame(kClose, ClosePayload(code))).violation) << code;
  }
  for (const std::uint16_t code : {0, 999, 1004, 1005, 1006, 1014, 1015, 1016, 2999, 5000, 65535}) {
    EXPECT_EQ(Read(ClientFrame(kClose, ClosePayload(code))).violation, 1002) << code;
  }
}

TEST(FrameReaderTest, LengthsThatAreNotInTheirOnlyForm) {
  const std::string mask(4, '\0');
  EXPECT_EQ(Read(std::string("\x81\xfe\x00\x7d", 4) + mask).violation, 1002);
  EXPECT_EQ(Read(std::string("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff", 10) + mask).violation, 1002);
  EXPECT_EQ(Read(std::string("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00", 10) + mask).violation, 1002);
}

TEST(FrameReaderTest, AMessageThatIsTooBigIsRefusedByItsHeader) {
  const std::string frame = ClientFrame(kText, std::string(kMaxMessage + 1, 'x'));
  EXPECT_EQ(Read(frame.substr(0, 14)).violation, 1009);
  std::string rest = ClientFrame(kText, std::string(kMaxMessage - 1, 'x'), {.fin = false});
  EXPECT_FALSE(Read(rest).violation);
  EXPECT_EQ(Read(rest + ClientFrame(kContinuation, "yz").substr(0, 6)).violation, 1009);
}

TEST(FrameReaderTest, CompressedMessagesMayReferToThoseBefore) {
  // Written by a compressor that keeps its window: "hello hello" and then the same again.
  const std::string first("\xca\x48\xcd\xc9\xc9\x57\xc8\x00\x91\x00\x00", 11);
  const std::string second("\x02\x13\x10\x26\x00", 5);
  const std::string bytes = ClientFrame(kText, first, {.reserved_bits = 0x40}) +
                            ClientFrame(kText, second, {.reserved_bits = 0x40});
  for (const std::size_t step : {std::size_t{1}, bytes.size()}) {
    const Outcome outcome = Read(bytes, step, true);
    EXPECT_THAT(outcome.notes, ElementsAre("text hello hello", "text hello hello"));
    EXPECT_FALSE(outcome.violation);
  }
}

TEST(FrameReaderTest, RubbishInPlaceOfACompressedMessage) {
  const Outcome outcome = Read(ClientFrame(kText, "\xff\xff\xff", {.reserved_bits = 0x40}), 100, true);
  EXPECT_EQ(outcome.violation, 1007);
  EXPECT_THAT(outcome.notes, IsEmpty());
}

TEST(FrameReaderTest, OnlyTheFirstFrameOfAMessageSaysThatItIsCompressed) {
  const Outcome outcome = Read(ClientFrame(kText, "a", {.fin = false, .reserved_bits = 0x40}) +
                                   ClientFrame(kContinuation, "b", {.reserved_bits = 0x40}),
                               100, true);
  EXPECT_EQ(outcome.violation, 1002);
}

}  // namespace
}  // namespace parley::websocket
