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
        prometheus::Gauge& lease_gauge, Members& lease_members, Member member)
      : registry(std::move(lease_registry)),
        count(lease_count),
        gauge(lease_gauge),
        members(lease_members),
        place(members.insert(members.end(), std::move(member))) {
    ++count;
    gauge.Increment();
  }

  ~Lease() {
    members.erase(place);
    gauge.Decrement();
    registry->Decrement(count);
  }

  const std::shared_ptr<ConnectionRegistry> registry;
  std::atomic<std::size_t>& count;
  prometheus::Gauge& gauge;
  Members& members;
  const Members::iterator place;
};

std::shared_ptr<void> ConnectionRegistry::Enter(const Worker& worker, std::function<void()> abort) {
  if (closed_) return nullptr;
  return std::make_shared<Lease>(shared_from_this(), connections_, OpenConnections(),
                                 by_worker_[worker.index()], Member{std::move(abort), nullptr});
}

std::shared_ptr<void> ConnectionRegistry::EnterHttp(const Worker& worker, std::function<void()> abort,
                                                    std::function<void()> finish) {
  if (closed_) return nullptr;
  return std::make_shared<Lease>(shared_from_this(), connections_, OpenConnections(),
                                 by_worker_[worker.index()], Member{std::move(abort), std::move(finish)});
}

std::shared_ptr<void> ConnectionRegistry::EnterTunnel(const Worker& worker, std::function<void()> abort) {
  if (closed_) return nullptr;
  return std::make_shared<Lease>(shared_from_this(), tunnels_, OpenTunnels(), by_worker_[worker.index()],
                                 Member{std::move(abort), nullptr});
}

std::shared_ptr<void> ConnectionRegistry::CountHttp() {
  ++http_;
  return {this, [self = shared_from_this()](void*) { self->Decrement(self->http_); }};
}

std::size_t ConnectionRegistry::FinishHttp(std::chrono::steady_clock::time_point deadline) {
  if (!pool_.running()) return 0;
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    pool_.RunOn(pool_.at(i), [this, i] { CallAll(by_worker_[i], &Member::finish); });
  }
  std::unique_lock lock(mutex_);
  emptied_.wait_until(lock, deadline, [this] { return http_ == 0; });
  return http_;
}

void ConnectionRegistry::Close() {
  closed_ = true;
  if (!pool_.running()) return;
  std::size_t swept = 0;
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    boost::asio::post(pool_.at(i).executor(), [this, self = shared_from_this(), i, &swept] {
      CallAll(by_worker_[i], &Member::abort);
      std::lock_guard lock(mutex_);
      ++swept;
      emptied_.notify_all();
    });
  }
  std::unique_lock lock(mutex_);
  emptied_.wait(lock, [&] { return swept == pool_.size() && connections_ == 0 && tunnels_ == 0; });
}

void ConnectionRegistry::CallAll(const Members& members, std::function<void()> Member::*function) {
  // A call may end leases, also others than its own.
  std::vector<std::function<void()>> calls;
  for (const Member& member : members) {
    if (member.*function) calls.push_back(member.*function);
  }
  for (const std::function<void()>& call : calls) call();
}

void ConnectionRegistry::Decrement(std::atomic<std::size_t>& count) {
  if (--count > 0) return;
  // Taken so that nobody misses the notification between a look at the count and the wait.
  std::lock_guard lock(mutex_);
  emptied_.notify_all();
}

}  // namespace parley::server
