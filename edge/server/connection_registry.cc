#include "edge/server/connection_registry.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "common/metrics/metrics.h"

namespace parley::server {
namespace {

prometheus::Gauge& OpenConnections() {
  static prometheus::Gauge& gauge =
      metrics::Gauge("parley_edge_connections", "Connections that are open, WebSockets included");
  return gauge;
}

prometheus::Gauge& OpenTunnels() {
  static prometheus::Gauge& gauge =
      metrics::Gauge("parley_edge_tls_tunnels", "Connections that are open and speak TLS");
  return gauge;
}

}  // namespace

struct ConnectionRegistry::Lease {
  Lease(std::shared_ptr<ConnectionRegistry> lease_registry, std::atomic<std::size_t>& lease_count,
        prometheus::Gauge& lease_gauge, Aborts& lease_aborts, std::function<void()> abort)
      : registry(std::move(lease_registry)),
        count(lease_count),
        gauge(lease_gauge),
        aborts(lease_aborts),
        place(aborts.insert(aborts.end(), std::move(abort))) {
    ++count;
    gauge.Increment();
  }

  ~Lease() {
    aborts.erase(place);
    gauge.Decrement();
    if (--count > 0) return;
    // Taken so that Close cannot miss the notification between its look at the size and its wait.
    std::lock_guard lock(registry->mutex_);
    registry->emptied_.notify_all();
  }

  const std::shared_ptr<ConnectionRegistry> registry;
  std::atomic<std::size_t>& count;
  prometheus::Gauge& gauge;
  Aborts& aborts;
  const Aborts::iterator place;
};

std::shared_ptr<void> ConnectionRegistry::Enter(const Worker& worker, std::function<void()> abort) {
  if (closed_) return nullptr;
  return std::make_shared<Lease>(shared_from_this(), connections_, OpenConnections(),
                                 by_worker_[worker.index()], std::move(abort));
}

std::shared_ptr<void> ConnectionRegistry::EnterTunnel(const Worker& worker, std::function<void()> abort) {
  if (closed_) return nullptr;
  return std::make_shared<Lease>(shared_from_this(), tunnels_, OpenTunnels(), by_worker_[worker.index()],
                                 std::move(abort));
}

void ConnectionRegistry::Close() {
  closed_ = true;
  if (!pool_.running()) return;
  std::size_t swept = 0;
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    boost::asio::post(pool_.at(i).executor(), [this, self = shared_from_this(), i, &swept] {
      // Aborting may end leases, also others than its own.
      std::vector<std::function<void()>> aborts(by_worker_[i].begin(), by_worker_[i].end());
      for (const std::function<void()>& abort : aborts) abort();
      std::lock_guard lock(mutex_);
      ++swept;
      emptied_.notify_all();
    });
  }
  std::unique_lock lock(mutex_);
  emptied_.wait(lock, [&] { return swept == pool_.size() && connections_ == 0 && tunnels_ == 0; });
}

}  // namespace parley::server
