#include "edge/websocket/outbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
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
    Outbox outbox(10'000, nullptr);
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
  Outbox outbox(1000, nullptr);
  EXPECT_EQ(outbox.Push(Frame::Text("early")), Result::kQueued);
  EXPECT_TRUE(outbox.empty());
  outbox.PushHandshake("HTTP/1.1 101 and so on");
  outbox.Open();
  EXPECT_EQ(Drain(outbox, 5), "HTTP/1.1 101 and so on" + Text("early"));
}

TEST(OutboxTest, TakesNoMoreThanItsLimit) {
  Outbox outbox(12 + Outbox::kFrameBytes, nullptr);
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
    Outbox outbox(10'000, nullptr);
    if (open) outbox.Open();
    int taken = 0;
    while (outbox.Push(Frame::Pong("")) == Result::kQueued) ++taken;
    EXPECT_GT(taken, 100);
    EXPECT_LT(taken, 1000);
  }
}

TEST(OutboxTest, TakesACloseFrameBeyondItsLimitAndNothingAfterIt) {
  Outbox outbox(6, nullptr);
  outbox.Open();
  EXPECT_EQ(outbox.Push(Frame::Text("1234")), Result::kQueued);
  EXPECT_EQ(outbox.PushClose(1002, ""), Result::kQueued);
  EXPECT_EQ(outbox.close_code(), 1002);
  EXPECT_EQ(outbox.Push(Frame::Text("")), Result::kDropped);
  EXPECT_EQ(outbox.PushClose(1000, ""), Result::kDropped);
  EXPECT_EQ(Drain(outbox, 100), Text("1234") + std::string(Frame::Close(1002, "")->bytes()));
}

TEST(OutboxTest, KeepsTheRestOfAFrameThatIsHalfWrittenWhenItDropsWhatIsUnsent) {
  Outbox outbox(100, nullptr);
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
      Outbox outbox(100, nullptr);
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
  Outbox outbox(100, nullptr);
  outbox.Open();
  outbox.Push(Frame::Text("abc"));
  outbox.Shut();
  EXPECT_TRUE(outbox.empty());
  EXPECT_EQ(outbox.bytes(), 0u);
  EXPECT_EQ(outbox.Push(Frame::Text("abc")), Result::kDropped);
  EXPECT_EQ(outbox.PushClose(1000, ""), Result::kDropped);
}

class OutboxBudgetTest : public testing::Test {
 protected:
  static constexpr std::size_t kShort = limits::QueueBudget::kShortQueue;
  static constexpr std::size_t kBudget = 10 * kShort;

  OutboxBudgetTest() { outbox_->Open(); }

  Result Push(std::size_t size) { return outbox_->Push(Frame::Text(std::string(size, 'x'))); }

  limits::QueueBudget budget_{kBudget};
  std::unique_ptr<Outbox> outbox_ = std::make_unique<Outbox>(100 * kBudget, &budget_);
};

TEST_F(OutboxBudgetTest, CountsWhatTheSocketDoesNotTake) {
  Push(100);
  EXPECT_EQ(budget_.bytes(), 0u) << "the socket hasn't been asked";
  EXPECT_EQ(outbox_->Stall(), Result::kQueued);
  const std::size_t one = outbox_->bytes() + Outbox::kFrameBytes;
  EXPECT_EQ(budget_.bytes(), one);
  Push(100);
  EXPECT_EQ(budget_.bytes(), 2 * one);
  outbox_->Consume(50);
  EXPECT_EQ(budget_.bytes(), 2 * one - 50);
  Drain(*outbox_, 1000);
  EXPECT_EQ(budget_.bytes(), 0u);
  Push(100);
  EXPECT_EQ(budget_.bytes(), 0u) << "the socket may take it by now";
}

TEST_F(OutboxBudgetTest, CountsNothingOfWhatItHasForgotten) {
  for (int way = 0; way < 3; ++way) {
    outbox_ = std::make_unique<Outbox>(100 * kBudget, &budget_);
    outbox_->Open();
    Push(100);
    Push(1000);
    outbox_->Stall();
    EXPECT_GT(budget_.bytes(), 1000u);
    if (way == 0) outbox_->DropUnsent();
    if (way == 1) outbox_->Shut();
    if (way == 2) outbox_ = nullptr;
    EXPECT_EQ(budget_.bytes(), 0u) << way;
  }
}

TEST_F(OutboxBudgetTest, IsFullWhenItIsLongAndTheBudgetSpent) {
  Push(kShort);
  outbox_->Stall();
  limits::QueuedBytes others(&budget_);
  others.Set(kBudget - budget_.bytes() - 30);
  EXPECT_EQ(Push(1), Result::kQueued);
  EXPECT_EQ(Push(1), Result::kFull);
  Drain(*outbox_, kBudget);
  others.Set(kBudget + 1);
  EXPECT_EQ(Push(kShort), Result::kQueued);
  EXPECT_EQ(Push(kShort), Result::kQueued) << "the socket hasn't been asked";
}

TEST_F(OutboxBudgetTest, IsFullAsSoonAsTheSocketTakesNoMoreWhenTheBudgetIsSpentTwice) {
  limits::QueuedBytes others(&budget_);
  others.Set(2 * kBudget + 1);
  Push(kShort / 2);
  EXPECT_EQ(outbox_->Stall(), Result::kQueued);
  Drain(*outbox_, kBudget);
  Push(kShort);
  EXPECT_EQ(outbox_->Stall(), Result::kFull);
}

TEST_F(OutboxBudgetTest, StaysAsLongAsItIsWhileNothingIsAdded) {
  Push(2 * kShort);
  EXPECT_EQ(outbox_->Stall(), Result::kQueued);
  limits::QueuedBytes others(&budget_);
  others.Set(3 * kBudget);
  outbox_->Consume(1);
  EXPECT_EQ(outbox_->Stall(), Result::kQueued);
}

}  // namespace
}  // namespace parley::websocket
