#include "edge/server/worker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

namespace parley::server {
namespace {

TEST(WorkerPoolTest, RunsEachWorkerOnAThreadOfItsOwn) {
  WorkerPool pool(3);
  pool.Start();
  std::set<std::thread::id> threads;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    EXPECT_EQ(pool.at(i).index(), i);
    pool.RunOn(pool.at(i), [&] {
      EXPECT_TRUE(pool.at(i).IsCurrent());
      threads.insert(std::this_thread::get_id());
    });
    EXPECT_FALSE(pool.at(i).IsCurrent());
  }
  EXPECT_EQ(threads.size(), 3u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST(WorkerPoolTest, HasOneWorkerPerCoreWhenNoNumberIsGiven) {
  EXPECT_EQ(WorkerPool(0).size(), std::max(1u, std::thread::hardware_concurrency()));
}

TEST(WorkerPoolTest, GoesOnAfterAnExceptionInAHandler) {
  WorkerPool pool(1);
  pool.Start();
  boost::asio::post(pool.at(0).executor(), [] { throw std::runtime_error("a test's"); });
  bool ran = false;
  pool.RunOn(pool.at(0), [&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(WorkerPoolTest, StopsTwiceAndDestroysWhatNeverRan) {
  const auto held = std::make_shared<int>(1);
  {
    WorkerPool pool(1);
    pool.Start();
    pool.Stop();
    pool.Stop();
    EXPECT_FALSE(pool.running());
    boost::asio::post(pool.at(0).executor(), [held] {});
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(WorkerPoolTest, RunsInPlaceWhatIsToRunOnAWorkerThatDoesNotRun) {
  WorkerPool pool(1);
  bool ran = false;
  pool.RunOn(pool.at(0), [&] { ran = true; });
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace parley::server
