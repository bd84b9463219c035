#pragma once

#include <array>
#include <atomic>
#include <string>

#include "absl/status/status.h"

namespace prometheus {
class Counter;
}

namespace parley::messaging {

/// Counts the answers of one rpc by their codes: parley_rpc_total{rpc,code}. May be called from any thread.
class RpcCounter {
 public:
  explicit RpcCounter(std::string rpc) : rpc_(std::move(rpc)) {}

  void Count(absl::StatusCode code);

 private:
  static constexpr std::size_t kCodes = 17;

  // Constant after construction.
  const std::string rpc_;

  // Looked up when a code first occurs.
  std::array<std::atomic<prometheus::Counter*>, kCodes> counters_{};
};

}  // namespace parley::messaging
