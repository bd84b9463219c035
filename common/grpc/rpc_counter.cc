#include "common/grpc/rpc_counter.h"

#include <utility>

#include "absl/status/status.h"
#include "common/metrics/metrics.h"

namespace parley::rpc {
namespace {

prometheus::Counter& CounterOf(const std::string& rpc, grpc::StatusCode code) {
  return metrics::Counter(
      "parley_rpc_total", "Calls of an rpc by the code that they ended with.",
      {{"rpc", rpc}, {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(code))}});
}

}  // namespace

RpcCounter::RpcCounter(std::string rpc) : rpc_(std::move(rpc)), ok_(CounterOf(rpc_, grpc::StatusCode::OK)) {}

void RpcCounter::Count(grpc::StatusCode code) {
  if (code == grpc::StatusCode::OK) {
    ok_.Increment();
  } else {
    // Refusals are rare, and looked up each time rather than listed before the first of them happens.
    CounterOf(rpc_, code).Increment();
  }
}

}  // namespace parley::rpc
