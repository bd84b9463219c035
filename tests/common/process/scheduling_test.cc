#include "common/process/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace parley {
namespace {

/// What a thread that is started with `policy` has after SetScheduling, and so has one that it starts then.
int PolicyAfter(Scheduling scheduling, int policy = SCHED_OTHER) {
  int own = -1;
  int inherited = -1;
  std::thread([&] {
    const sched_param none{};
    ASSERT_EQ(sched_setscheduler(0, policy, &none), 0);
    SetScheduling(scheduling);
    own = sched_getscheduler(0);
    std::thread([&] { inherited = sched_getscheduler(0); }).join();
  }).join();
  EXPECT_EQ(own, inherited);
  return own;
}

TEST(SchedulingTest, BatchIsForTheThreadAndThoseItStarts) {
  EXPECT_EQ(PolicyAfter(Scheduling::kBatch), SCHED_BATCH);
}

TEST(SchedulingTest, NormalIsAsTheProcessWasStarted) {
  EXPECT_EQ(PolicyAfter(Scheduling::kNormal), SCHED_OTHER);
  EXPECT_EQ(PolicyAfter(Scheduling::kNormal, SCHED_BATCH), SCHED_BATCH);
}

TEST(SchedulingTest, PolicyThatWasChosenForTheProcessStays) {
  EXPECT_EQ(PolicyAfter(Scheduling::kBatch, SCHED_IDLE), SCHED_IDLE);
}

}  // namespace
}  // namespace parley
