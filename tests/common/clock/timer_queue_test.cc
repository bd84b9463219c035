#include "common/clock/timer_queue.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/manual_clock.h"

namespace parley {
namespace {

using testing::ManualClock;
using testing::Settle;

TEST(TimerQueueTest, TimerFiresWhenItsTimeHasComeAndNotBefore) {
  ManualClock clock;
  TimerQueue timers(clock);
  std::atomic<int> fired = 0;
  timers.At(clock.Now() + Duration(1'000), [&] { ++fired; });
  Settle(timers, clock);
  EXPECT_EQ(fired, 0);
  clock.Advance(Duration(999));
  Settle(timers, clock);
  EXPECT_EQ(fired, 0);
  clock.Advance(Duration(1));
  Settle(timers, clock);
  EXPECT_EQ(fired, 1);
  clock.Advance(Duration(10'000));
  Settle(timers, clock);
  EXPECT_EQ(fired, 1);
}

TEST(TimerQueueTest, TimersFireInTheOrderOfTheirTimes) {
  ManualClock clock;
  TimerQueue timers(clock);
  std::string order;
  for (const auto& [name, after] :
       {std::pair('c', 30), std::pair('a', 10), std::pair('b', 20), std::pair('d', 30)}) {
    timers.At(clock.Now() + Duration(after), [&order, name = name] { order.push_back(name); });
  }
  clock.Advance(Duration(100));
  Settle(timers, clock);
  EXPECT_EQ(order, "abcd");
}

TEST(TimerQueueTest, TimeThatHasPassedFiresAtOnce) {
  ManualClock clock;
  TimerQueue timers(clock);
  absl::Notification fired;
  timers.At(clock.Now() - Duration(1), [&] { fired.Notify(); });
  fired.WaitForNotification();
}

TEST(TimerQueueTest, TimerMaySetAnother) {
  ManualClock clock;
  TimerQueue timers(clock);
  absl::Notification fired;
  timers.At(clock.Now(), [&] { timers.At(clock.Now(), [&] { fired.Notify(); }); });
  fired.WaitForNotification();
}

TEST(TimerQueueTest, NothingFiresAfterStop) {
  ManualClock clock;
  TimerQueue timers(clock);
  std::atomic<int> fired = 0;
  timers.At(clock.Now() + Duration(1'000), [&] { ++fired; });
  timers.Stop();
  clock.Advance(Duration(2'000));
  timers.At(clock.Now(), [&] { ++fired; });
  timers.Stop();
  EXPECT_EQ(fired, 0);
}

TEST(TimerQueueTest, StopWaitsForTheTimerThatIsRunning) {
  ManualClock clock;
  TimerQueue timers(clock);
  absl::Notification running;
  absl::Notification finish;
  std::atomic<bool> finished = false;
  timers.At(clock.Now(), [&] {
    running.Notify();
    finish.WaitForNotification();
    finished = true;
  });
  running.WaitForNotification();
  std::thread stopper([&] {
    timers.Stop();
    EXPECT_TRUE(finished);
  });
  finish.Notify();
  stopper.join();
}

TEST(TimerQueueTest, TimersOfARealClockFire) {
  const SystemClock clock;
  TimerQueue timers(clock);
  absl::Notification fired;
  const Time due = clock.Now() + Duration(20);
  // A later one is there first, so that the queue has to wake up for the earlier.
  timers.At(due + Duration(3'600'000), [] { ADD_FAILURE() << "an hour early"; });
  timers.At(due, [&] { fired.Notify(); });
  fired.WaitForNotification();
  EXPECT_GE(clock.Now(), due);
}

TEST(TimerQueueTest, ManyThreadsMaySetTimers) {
  ManualClock clock;
  TimerQueue timers(clock);
  std::atomic<int> fired = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) timers.At(clock.Now() + Duration(n), [&] { ++fired; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  clock.Advance(Duration(500));
  Settle(timers, clock);
  EXPECT_EQ(fired, 2'000);
}

}  // namespace
}  // namespace parley
