#include "edge/websocket/outbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace parley::websocket {
namespace {

using Result = Outbox::Result;

std::string Text(std::string_view payload) { return std::string(Frame::Text(payload)->bytes()); }

/// Writes at most `step` bytes at a time, until nothing is left.
std::string Drain(Outbox& outbox, std::size_t step) {
  std::string written;
  while (!outbox.empty()) {
    std::array<boost::asio::const_buffer, 4> buffers;
    const std::size_t count = outbox.Gather(buffers);
    std::string gathered;
    for (std::size_t i = 0; i < count; ++i) {
      gathered.append(static_cast<const char*>(buffers[i].data()), buffers[i].size());
    }
    gathered.resize(std::min(gathered.size(), step));
    outbox.Consume(gathered.size());
    written += gathered;
  }
  return written;
}

TEST(OutboxTest, WritesFramesInTheirOrderHoweverTheyAreCutUp) {
  for (const std::size_t step : {1, 2, 3, 7, 64, 1000}) {
    Outbox outbox(10'000);
    outbox.Open();
    std::string expected;
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(outbox.Push(Frame::Text(std::to_string(i))), Result::kQueued);
      expected += Text(std::to_string(i));
    }
    EXPECT_EQ(outbox.bytes(), expected.size());
    EXPECT_EQ(Drain(outbox, step), expected);
    EXPECT_EQ(outbox.bytes(), 0u);
  }
}

TEST(OutboxTest, HoldsMessagesBackUntilTheHandshakeIsComplete) {
  Outbox outbox(1000);
  EXPECT_EQ(outbox.Push(Frame::Text("early")), Result::kQueued);
  EXPECT_TRUE(outbox.empty());
  outbox.PushHandshake("HTTP/1.1 101 and so on");
  outbox.Open();
  EXPECT_EQ(Drain(outbox, 5), "HTTP/1.1 101 and so on" + Text("early"));
}

TEST(OutboxTest, TakesNoMoreThanItsLimit) {
  Outbox outbox(12 + Outbox::kFrameBytes);
  outbox.Open();
  EXPECT_EQ(outbox.Push(Frame::Text("1234")), Result::kQueued);
  EXPECT_EQ(outbox.Push(Frame::Pong("ping")), Result::kQueued);
  EXPECT_EQ(outbox.Push(Frame::Text("")), Result::kFull);
  EXPECT_EQ(outbox.Push(Frame::Pong("")), Result::kFull);
  outbox.Consume(6);
  EXPECT_EQ(outbox.Push(Frame::Text("1234")), Result::kQueued);
  EXPECT_EQ(Drain(outbox, 100), std::string(Frame::Pong("ping")->bytes()) + Text("1234"));
}

TEST(OutboxTest, CountsEachFrameHoweverSmall) {
  for (const bool open : {false, true}) {
    Outbox outbox(10'000);
    if (open) outbox.Open();
    int taken = 0;
    while (outbox.Push(Frame::Pong("")) == Result::kQueued) ++taken;
    EXPECT_GT(taken, 100);
    EXPECT_LT(taken, 1000);
  }
}

TEST(OutboxTest, TakesACloseFrameBeyondItsLimitAndNothingAfterIt) {
  Outbox outbox(6);
  outbox.Open();
  EXPECT_EQ(outbox.Push(Frame::Text("1234")), Result::kQueued);
  EXPECT_EQ(outbox.PushClose(1002, ""), Result::kQueued);
  EXPECT_EQ(outbox.close_code(), 1002);
  EXPECT_EQ(outbox.Push(Frame::Text("")), Result::kDropped);
  EXPECT_EQ(outbox.PushClose(1000, ""), Result::kDropped);
  EXPECT_EQ(Drain(outbox, 100), Text("1234") + std::string(Frame::Close(1002, "")->bytes()));
}

TEST(OutboxTest, KeepsTheRestOfAFrameThatIsHalfWrittenWhenItDropsWhatIsUnsent) {
  Outbox outbox(100);
  outbox.Open();
  outbox.Push(Frame::Text("abc"));
  outbox.Push(Frame::Text("def"));
  outbox.Push(Frame::Text("ghi"));
  outbox.Consume(7);
  outbox.DropUnsent();
  EXPECT_EQ(outbox.bytes(), 3u);
  EXPECT_EQ(Drain(outbox, 100), "def");

  outbox.Push(Frame::Text("abc"));
  outbox.DropUnsent();
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.bytes(), 0u);
}

TEST(OutboxTest, KeepsTheHandshakeUntilItIsWrittenWhenItDropsWhatIsUnsent) {
  for (const bool open : {false, true}) {
    for (const std::size_t written : {0, 3}) {
      Outbox outbox(100);
      outbox.PushHandshake("HTTP/1.1 101");
      if (open) outbox.Open();
      outbox.Push(Frame::Text("abc"));
      outbox.Consume(written);
      outbox.DropUnsent();
      EXPECT_EQ(Drain(outbox, 100), std::string("HTTP/1.1 101").substr(written));

      outbox.Push(Frame::Text("abc"));
      outbox.DropUnsent();
      EXPECT_TRUE(outbox.empty());
      EXPECT_EQ(outbox.bytes(), 0u);
    }
  }
}

TEST(OutboxTest, TakesNothingOnceShut) {
  Outbox outbox(100);
  outbox.Open();
  outbox.Push(Frame::Text("abc"));
  outbox.Shut();
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.bytes(), 0u);
  EXPECT_EQ(outbox.Push(Frame::Text("abc")), Result::kDropped);
  EXPECT_EQ(outbox.PushClose(1000, ""), Result::kDropped);
}

}  // namespace
}  // namespace parley::websocket
