#include "edge/limits/queue_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace parley::limits {
namespace {

using testing::HasSubstr;

constexpr std::size_t kShort = QueueBudget::kShortQueue;
constexpr std::size_t kBudget = 10 * kShort;

/// A queue of `bytes`.
std::unique_ptr<QueuedBytes> Queue(QueueBudget& budget, std::size_t bytes) {
  auto queue = std::make_unique<QueuedBytes>(&budget);
  queue->Set(bytes);
  return queue;
}

TEST(QueueBudgetTest, IsTheSumOfWhatQueuesHold) {
  QueueBudget budget(kBudget);
  {
    QueuedBytes one(&budget);
    QueuedBytes other(&budget);
    one.Set(100);
    other.Set(1000);
    EXPECT_EQ(budget.bytes(), 1100u);
    one.Set(30);
    EXPECT_EQ(budget.bytes(), 1030u);
    const QueuedBytes moved(std::move(other));
    EXPECT_EQ(moved.get(), 1000u);
    EXPECT_EQ(budget.bytes(), 1030u);
  }
  EXPECT_EQ(budget.bytes(), 0u) << "what is gone holds nothing";
}

TEST(QueueBudgetTest, CountsWhateverTheThread) {
  QueueBudget budget(kBudget);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&budget] {
      for (std::size_t round = 0; round < 10'000; ++round) {
        QueuedBytes queue(&budget);
        queue.Set(round);
        queue.Set(2 * round);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.bytes(), 0u);
}

TEST(QueueBudgetTest, LongQueuesGrowNoMoreOnceItIsSpent) {
  QueueBudget budget(kBudget);
  const auto queue = Queue(budget, kShort + 1);
  const auto others = Queue(budget, kBudget - kShort - 11);
  EXPECT_TRUE(queue->MayGrow(10));
  EXPECT_FALSE(queue->MayGrow(11));
  others->Set(2 * kBudget);
  EXPECT_FALSE(queue->MayGrow(1));
  others->Set(0);
  EXPECT_TRUE(queue->MayGrow(1)) << "and do again when there is room";
}

TEST(QueueBudgetTest, ShortQueuesTakeOneLargeMessageUntilItIsSpentTwice) {
  QueueBudget budget(kBudget);
  const auto others = Queue(budget, 2 * kBudget - kShort - 1'000'000);
  const auto queue = Queue(budget, kShort);
  EXPECT_TRUE(queue->MayGrow(1'000'000));
  EXPECT_FALSE(queue->MayGrow(1'000'001));
}

TEST(QueueBudgetTest, QueuesMayAlwaysBeShort) {
  QueueBudget budget(kBudget);
  const auto others = Queue(budget, 100 * kBudget);
  const auto queue = Queue(budget, kShort - 10);
  EXPECT_TRUE(queue->MayGrow(10));
  EXPECT_FALSE(queue->MayGrow(11));
  EXPECT_TRUE(queue->MayKeep(10));
  EXPECT_FALSE(queue->MayKeep(11));
}

TEST(QueueBudgetTest, HalfOfItIsForWhatIsKeptInCase) {
  QueueBudget budget(kBudget);
  const auto others = Queue(budget, kBudget / 2 - 2 * kShort);
  QueuedBytes log(&budget);
  EXPECT_TRUE(log.MayKeep(2 * kShort));
  EXPECT_FALSE(log.MayKeep(2 * kShort + 1));
}

TEST(QueueBudgetTest, ZeroIsNoLimitAndCountsAllTheSame) {
  QueueBudget budget(0);
  const auto queue = Queue(budget, 1 << 30);
  EXPECT_TRUE(queue->MayGrow(1 << 30));
  EXPECT_TRUE(queue->MayKeep(1 << 30));
  EXPECT_EQ(budget.bytes(), 1u << 30);
}

TEST(QueueBudgetTest, WithoutOneEverythingMayWait) {
  QueuedBytes queue(nullptr);
  queue.Set(1 << 30);
  EXPECT_TRUE(queue.MayGrow(1 << 30));
  EXPECT_TRUE(queue.MayKeep(1 << 30));
}

TEST(QueueBudgetTest, IsShownAsAMetric) {
  QueueBudget budget(kBudget);
  QueuedBytes queue(&budget);
  queue.Set(12'345);
  EXPECT_THAT(metrics::Render(), HasSubstr("parley_edge_queued_bytes 12345\n"));
  queue.Set(0);
  EXPECT_THAT(metrics::Render(), HasSubstr("parley_edge_queued_bytes 0\n"));
}

}  // namespace
}  // namespace parley::limits
