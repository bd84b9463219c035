#include "edge/fanout/worker_probe.h"

#include <gtest/gtest.h>

#include <future>

#include "edge/server/on_all_workers.h"

namespace parley::edge {
namespace {

using std::chrono::seconds;

constexpr WorkerProbe::Clock::time_point kStart{seconds(1'000)};

void AwaitAll(server::WorkerPool& workers) {
  std::promise<void> done;
  server::OnAllWorkers(
      workers, [](server::Worker&) {}, [&done] { done.set_value(); });
  done.get_future().wait();
}

TEST(WorkerProbeTest, WorkersThatWorkAreLive) {
  server::WorkerPool workers(2);
  WorkerProbe probe(workers);
  EXPECT_TRUE(probe.live(kStart)) << "nobody was asked yet";
  workers.Start();
  probe.Ask(kStart);
  AwaitAll(workers);
  EXPECT_TRUE(probe.live(kStart + seconds(60)));
  workers.Stop();
}

TEST(WorkerProbeTest, WorkerThatHangsIsFoundAndForgivenWhenItGoesOn) {
  server::WorkerPool workers(2);
  WorkerProbe probe(workers);
  workers.Start();
  std::promise<void> go_on;
  boost::asio::post(workers.at(1).executor(), [hang = go_on.get_future().share()] { hang.wait(); });
  probe.Ask(kStart);
  // Asking again doesn't make it younger.
  probe.Ask(kStart + seconds(4));
  EXPECT_TRUE(probe.live(kStart + seconds(5)));
  EXPECT_FALSE(probe.live(kStart + seconds(6)));
  go_on.set_value();
  AwaitAll(workers);
  EXPECT_TRUE(probe.live(kStart + seconds(60)));
  workers.Stop();
}

}  // namespace
}  // namespace parley::edge
