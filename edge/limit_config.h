#pragma once

#include <cstddef>

#include "common/config/flags.h"
#include "edge/limits/admission.h"
#include "edge/limits/token_bucket.h"

namespace parley::edge {

/// How much clients may ask for before they are taken for a flood; each flag is described in limit_config.cc.
struct LimitConfig {
  limits::Admission::Options admission;
  limits::Rate event_rate;
  std::size_t max_queued_bytes = 0;
};

/// Reads the flags that are parsed by now; what is wrong is added to `problems`.
LimitConfig ReadLimitConfig(config::Problems& problems);

}  // namespace parley::edge
