#pragma once

#include "tests/bench/load/options.h"
#include "tests/bench/load/results.h"

namespace parley::bench {

// Each is one scenario of kUsage. They throw Failure.

Results RunRoom(const Options& options);
Results RunEvents(const Options& options);
Results RunRest(const Options& options);
Results RunOpen(const Options& options);
Results RunJoin(const Options& options);
Results RunIdle(const Options& options);
Results RunEndurance(const Options& options);
Results RunRawLimit(const Options& options);

}  // namespace parley::bench
