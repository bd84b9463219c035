#include "edge/limits/token_bucket.h"

#include <gtest/gtest.h>

namespace parley::limits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Rate kRate{.per_second = 10, .burst = 3};

class TokenBucketTest : public testing::Test {
 protected:
  int TakeAll(const Rate& rate = kRate) {
    int taken = 0;
    while (taken < 1000 && bucket_.Take(rate, now_)) ++taken;
    return taken;
  }

  TokenBucket bucket_;
  TokenBucket::Clock::time_point now_{seconds(1'000'000)};
};

TEST_F(TokenBucketTest, GivesABurstAtOnce) { EXPECT_EQ(TakeAll(), 3); }

TEST_F(TokenBucketTest, TakesRatesThatNothingOutlives) {
  EXPECT_EQ(TakeAll({.per_second = 1e-12, .burst = 3}), 1);
  now_ += std::chrono::hours(24);
  EXPECT_EQ(TakeAll({.per_second = 1e-12, .burst = 3}), 0);
}

TEST_F(TokenBucketTest, IsRefilledAtTheRate) {
  TakeAll();
  now_ += milliseconds(99);
  EXPECT_EQ(TakeAll(), 0);
  now_ += milliseconds(1);
  EXPECT_EQ(TakeAll(), 1);
  now_ += milliseconds(250);
  EXPECT_EQ(TakeAll(), 2);
  now_ += milliseconds(50);
  EXPECT_EQ(TakeAll(), 1) << "what was left over counts";
}

TEST_F(TokenBucketTest, NeverHoldsMoreThanABurst) {
  TakeAll();
  now_ += std::chrono::hours(24);
  EXPECT_EQ(TakeAll(), 3);
}

TEST_F(TokenBucketTest, TakesNothingForARefusal) {
  TakeAll();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(bucket_.Take(kRate, now_));
  now_ += milliseconds(100);
  EXPECT_EQ(TakeAll(), 1);
}

TEST_F(TokenBucketTest, IsFullWhenEverythingTakenHasComeBack) {
  EXPECT_TRUE(bucket_.IsFull(now_));
  TakeAll();
  now_ += milliseconds(299);
  EXPECT_FALSE(bucket_.IsFull(now_));
  now_ += milliseconds(1);
  EXPECT_TRUE(bucket_.IsFull(now_));
}

TEST_F(TokenBucketTest, AllowsLessThanOneASecond) {
  constexpr Rate kSlow{.per_second = 0.1, .burst = 1};
  EXPECT_EQ(TakeAll(kSlow), 1);
  now_ += milliseconds(9'999);
  EXPECT_EQ(TakeAll(kSlow), 0);
  now_ += milliseconds(1);
  EXPECT_EQ(TakeAll(kSlow), 1);
}

TEST_F(TokenBucketTest, HasNoLimitAtARateOfZero) { EXPECT_EQ(TakeAll({.per_second = 0, .burst = 1}), 1000); }

}  // namespace
}  // namespace parley::limits
