#include "edge/limits/queue_budget.h"

#include <algorithm>

namespace parley::limits {

QueueBudget::QueueBudget(std::size_t max_bytes)
    : max_bytes_(max_bytes),
      gauge_("parley_edge_queued_bytes",
             "Bytes that wait for clients, or are kept for those who may come back",
             [this] { return static_cast<double>(bytes()); }) {}

std::size_t QueueBudget::bytes() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(bytes_.load(std::memory_order_relaxed), 0));
}

bool QueueBudget::MayGrow(std::size_t more, bool long_already) const {
  return max_bytes_ == 0 || bytes() + more <= (long_already ? max_bytes_ : 2 * max_bytes_);
}

bool QueueBudget::MayKeep(std::size_t more) const {
  return max_bytes_ == 0 || bytes() + more <= max_bytes_ / 2;
}

}  // namespace parley::limits
