#include "services/messaging/domain/send_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "tests/services/messaging/support/room_script.h"

namespace parley::messaging {
namespace {

TEST(SendHistoryTest, WhoeverNeverSentMaySend) {
  EXPECT_EQ(SendHistory().WaitFor({10, 1}, At(0)), std::nullopt);
}

TEST(SendHistoryTest, BurstIsTakenAtOnceAndThenRefilledAtTheRate) {
  const SendLimit limit{10, 20};
  SendHistory history;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(history.WaitFor(limit, At(0)), std::nullopt) << i;
    history.Add(At(0));
  }
  EXPECT_EQ(history.WaitFor(limit, At(0)), Duration(100));
  EXPECT_EQ(history.WaitFor(limit, At(99)), Duration(1));
  EXPECT_EQ(history.WaitFor(limit, At(100)), std::nullopt);
}

TEST(SendHistoryTest, BucketHoldsNoMoreThanABurst) {
  const SendLimit limit{10, 3};
  SendHistory history;
  history.Add(At(0));
  for (int i = 0; i < 3; ++i) history.Add(At(3'600'000));
  EXPECT_EQ(history.WaitFor(limit, At(3'600'000)), Duration(100));
}

TEST(SendHistoryTest, WaitIsRoundedUpToWholeMilliseconds) {
  SendHistory history;
  history.Add(At(0));
  EXPECT_EQ(history.WaitFor({3, 1}, At(0)), Duration(334));
  EXPECT_EQ(history.WaitFor({3, 1}, At(334)), std::nullopt);
}

TEST(SendHistoryTest, ClockThatIsPutBackKeepsNobodySilent) {
  const SendLimit limit{1, 1};
  SendHistory history;
  history.Add(At(3'600'000));
  EXPECT_EQ(history.WaitFor(limit, At(0)), std::nullopt);
  history.Add(At(0));
  EXPECT_EQ(history.WaitFor(limit, At(0)), Duration(1'000));
}

TEST(SendHistoryTest, ClocksThatDifferALittleAreNoWayAroundTheLimit) {
  SendHistory history;
  history.Add(At(10));
  history.Add(At(0));
  EXPECT_EQ(history.WaitFor({1, 2}, At(5)), Duration(1'000));
}

TEST(SendHistoryTest, RegularSendingTakesNoMemory) {
  SendHistory history;
  for (int i = 0; i < 100'000; ++i) history.Add(At(100 * i));
  EXPECT_LE(history.corners().size(), 2u);
}

/// A bucket that is kept up to date, with which the history has to agree whatever its limit is.
class Bucket {
 public:
  explicit Bucket(SendLimit limit) : limit_(limit), level_(limit.burst) {}

  bool Take(Time now) {
    level_ = std::min<double>(limit_.burst,
                              level_ + limit_.rate * static_cast<double>((now - at_).count()) / 1000);
    at_ = now;
    if (level_ < 1 - 1e-6) return false;
    level_ -= 1;
    return true;
  }

 private:
  const SendLimit limit_;
  double level_;
  Time at_ = At(0);
};

TEST(SendHistoryTest, AgreesWithABucketForRandomTimes) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const SendLimit limit{std::uniform_real_distribution<>(0.5, 20)(random),
                          std::uniform_int_distribution<>(1, 30)(random)};
    Bucket bucket(limit);
    SendHistory history;
    Time now = At(0);
    for (int i = 0; i < 500; ++i) {
      // Mostly faster than the limit, now and then a rest.
      const int pause = random() % 20 == 0 ? 3'000 : static_cast<int>(1'000 / limit.rate);
      now += Duration(random() % static_cast<unsigned>(pause + 1));
      const bool may = !history.WaitFor(limit, now).has_value();
      ASSERT_EQ(may, bucket.Take(now)) << "seed " << seed << ", message " << i;
      if (may) history.Add(now);
    }
  }
}

TEST(SendHistoryTest, WaitIsExactlyLongEnough) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    const SendLimit limit{std::uniform_real_distribution<>(0.5, 20)(random), 3};
    SendHistory history;
    Time now = At(0);
    for (int i = 0; i < 100; ++i) {
      now += Duration(random() % 100);
      if (const auto wait = history.WaitFor(limit, now)) {
        ASSERT_NE(history.WaitFor(limit, now + *wait - Duration(1)), std::nullopt);
        ASSERT_EQ(history.WaitFor(limit, now + *wait), std::nullopt);
      } else {
        history.Add(now);
      }
    }
  }
}

}  // namespace
}  // namespace parley::messaging
