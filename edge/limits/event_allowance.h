#pragma once

#include <cstddef>

#include "edge/limits/token_bucket.h"

namespace parley::limits {

/// What the client of one connection has asked for of late. Shared by the sockets that it has one after
/// another, so that it doesn't begin anew with each of them. One thread at a time.
struct EventAllowance {
  TokenBucket rate;
  /// What its events take that wait to take effect.
  std::size_t queued_bytes = 0;
};

}  // namespace parley::limits
