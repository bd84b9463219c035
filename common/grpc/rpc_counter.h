#pragma once

#include <grpcpp/support/status_code_enum.h>

#include <string>

#include "prometheus/counter.h"

namespace parley::rpc {

/// Counts the calls of one rpc by the code that they ended with: parley_rpc_total{rpc, code}. May be called
/// from any thread.
class RpcCounter {
 public:
  /// `rpc` as in the proto: "JoinRoom".
  explicit RpcCounter(std::string rpc);

  void Count(grpc::StatusCode code);

  const std::string& rpc() const { return rpc_; }

 private:
  // Constant after construction.
  const std::string rpc_;
  prometheus::Counter& ok_;
};

}  // namespace parley::rpc
