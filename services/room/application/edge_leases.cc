#include "services/room/application/edge_leases.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace parley::room {
namespace {

/// How often it is noticed, during a lease, that this service itself has stood still, or its disk does.
constexpr int kChecksPerLease = 15;
constexpr Duration kLeastInterval{1};

}  // namespace

EdgeLeases::EdgeLeases(const Clock& clock, TimerQueue& timers, const storage::LogStore& store,
                       Duration duration, std::function<void(const std::string& edge_id)> on_expired)
    : clock_(clock),
      timers_(timers),
      store_(store),
      duration_(duration),
      check_interval_(std::max(duration / kChecksPerLease, kLeastInterval)),
      on_expired_(std::move(on_expired)) {}

void EdgeLeases::Renew(const std::string& edge_id) {
  if (edge_id.empty()) return;
  const Time expiry = clock_.Now() + duration_;
  {
    const absl::MutexLock lock(&mutex_);
    const auto [lease, is_new] = expiry_by_edge_.insert_or_assign(edge_id, expiry);
    if (!is_new) return;
  }
  log::Info("edge alive", {{"edge_id", edge_id}});
  CheckBy(edge_id, expiry);
}

bool EdgeLeases::Holds(const std::string& edge_id) const {
  const absl::MutexLock lock(&mutex_);
  return expiry_by_edge_.contains(edge_id);
}

void EdgeLeases::CheckBy(const std::string& edge_id, Time expiry) {
  const Time due = std::min(expiry, clock_.Now() + check_interval_);
  timers_.At(due, [this, edge_id, due] { Check(edge_id, due); });
}

void EdgeLeases::Check(const std::string& edge_id, Time due) {
  const Time now = clock_.Now();
  Time expiry;
  {
    const absl::MutexLock lock(&mutex_);
    const auto lease = expiry_by_edge_.find(edge_id);
    // While this service stood still it could hear of nobody.
    lease->second += now - due;
    if (store_.WritingFor() > check_interval_) lease->second = now + duration_;
    expiry = lease->second;
    if (expiry <= now) expiry_by_edge_.erase(lease);
  }
  if (expiry > now) return CheckBy(edge_id, expiry);
  log::Warning("edge not heard of any more", {{"edge_id", edge_id}});
  on_expired_(edge_id);
}

}  // namespace parley::room
