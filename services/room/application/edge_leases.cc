#include "services/room/application/edge_leases.h"

#include <utility>

#include "common/log/log.h"

namespace parley::room {

EdgeLeases::EdgeLeases(const Clock& clock, TimerQueue& timers, Duration duration,
                       std::function<void(const std::string& edge_id)> on_expired)
    : clock_(clock), timers_(timers), duration_(duration), on_expired_(std::move(on_expired)) {}

void EdgeLeases::Renew(const std::string& edge_id) {
  if (edge_id.empty()) return;
  const Time expiry = clock_.Now() + duration_;
  {
    const absl::MutexLock lock(&mutex_);
    const auto [lease, is_new] = expiry_by_edge_.insert_or_assign(edge_id, expiry);
    if (!is_new) return;
  }
  log::Info("edge alive", {{"edge_id", edge_id}});
  timers_.At(expiry, [this, edge_id] { Check(edge_id); });
}

bool EdgeLeases::Holds(const std::string& edge_id) const {
  const absl::MutexLock lock(&mutex_);
  return expiry_by_edge_.contains(edge_id);
}

void EdgeLeases::Check(const std::string& edge_id) {
  {
    const absl::MutexLock lock(&mutex_);
    const auto lease = expiry_by_edge_.find(edge_id);
    if (lease->second > clock_.Now()) {
      timers_.At(lease->second, [this, edge_id] { Check(edge_id); });
      return;
    }
    expiry_by_edge_.erase(lease);
  }
  log::Warning("edge not heard of any more", {{"edge_id", edge_id}});
  on_expired_(edge_id);
}

}  // namespace parley::room
