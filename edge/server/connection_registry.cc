#include "edge/server/connection_registry.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace parley::server {

struct ConnectionRegistry::Lease {
  Lease(std::shared_ptr<ConnectionRegistry> lease_registry, std::atomic<std::size_t>& lease_count,
        Aborts& lease_aborts, std::function<void()> abort)
      : registry(std::move(lease_registry)),
        count(lease_count),
        aborts(lease_aborts),
        place(aborts.insert(aborts.end(), std::move(abort))) {
    ++count;
  }

  ~Lease() {
    aborts.erase(place);
    if (--count > 0) return;
    // Taken so that Close cannot miss the notification between its look at the size and its wait.
    std::lock_guard lock(registry->mutex_);
    registry->emptied_.notify_all();
  }

  const std::shared_ptr<ConnectionRegistry> registry;
  std::atomic<std::size_t>& count;
  Aborts& aborts;
  const Aborts::iterator place;
};

std::shared_ptr<void> ConnectionRegistry::Enter(const Worker& worker, std::function<void()> abort) {
  if (closed_) return nullptr;
  return std::make_shared<Lease>(shared_from_this(), connections_, by_worker_[worker.index()],
                                 std::move(abort));
}

std::shared_ptr<void> ConnectionRegistry::EnterTunnel(const Worker& worker, std::function<void()> abort) {
  if (closed_) return nullptr;
  return std::make_shared<Lease>(shared_from_this(), tunnels_, by_worker_[worker.index()], std::move(abort));
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
