#include "edge/limits/address_limiter.h"

#include <algorithm>

namespace parley::limits {
namespace {

constexpr std::size_t kLeastUsesBetweenSweeps = 64;

}  // namespace

Permit AddressLimiter::Enter(AddressKey address, std::size_t Entry::*count, std::size_t most,
                             Clock::time_point now) {
  Shard& shard = ShardOf(address);
  {
    const absl::MutexLock lock(&shard.mutex);
    Sweep(shard, now);
    Entry& entry = shard.entries[address];
    if (most > 0 && entry.*count >= most) return nullptr;
    ++(entry.*count);
  }
  return {this, [this, address, count](void*) { Leave(address, count); }};
}

void AddressLimiter::Leave(AddressKey address, std::size_t Entry::*count) {
  Shard& shard = ShardOf(address);
  const absl::MutexLock lock(&shard.mutex);
  const auto entry = shard.entries.find(address);
  --(entry->second.*count);
  if (entry->second.IsIdle(Clock::now())) shard.entries.erase(entry);
}

bool AddressLimiter::TakeHandshake(AddressKey address, Clock::time_point now) {
  if (options_.handshakes.per_second <= 0) return true;
  Shard& shard = ShardOf(address);
  const absl::MutexLock lock(&shard.mutex);
  Sweep(shard, now);
  return shard.entries[address].handshakes.Take(options_.handshakes, now);
}

std::size_t AddressLimiter::size() const {
  std::size_t size = 0;
  for (const Shard& shard : shards_) {
    const absl::MutexLock lock(&shard.mutex);
    size += shard.entries.size();
  }
  return size;
}

AddressLimiter::Shard& AddressLimiter::ShardOf(AddressKey address) {
  // Neighbours differ in their low bits, and so do the multiples of an odd number in their high ones.
  return shards_[address * 0x9e3779b97f4a7c15u >> 60];
}

void AddressLimiter::Sweep(Shard& shard, Clock::time_point now) {
  if (shard.uses_until_sweep > 0) {
    --shard.uses_until_sweep;
    return;
  }
  std::erase_if(shard.entries, [now](const auto& entry) { return entry.second.IsIdle(now); });
  shard.uses_until_sweep = std::max(kLeastUsesBetweenSweeps, shard.entries.size());
}

}  // namespace parley::limits
