#include "services/messaging/rpc/rpc_counter.h"

#include "common/metrics/metrics.h"

namespace parley::messaging {

void RpcCounter::Count(absl::StatusCode code) {
  std::atomic<prometheus::Counter*>& slot = counters_.at(static_cast<std::size_t>(code));
  prometheus::Counter* counter = slot.load();
  if (counter == nullptr) {
    counter = &metrics::Counter("parley_rpc_total", "Answered rpcs.",
                                {{"rpc", rpc_}, {"code", absl::StatusCodeToString(code)}});
    slot.store(counter);
  }
  counter->Increment();
}

}  // namespace parley::messaging
