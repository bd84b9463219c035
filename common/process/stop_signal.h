#pragma once

#include <csignal>

namespace parley {

/// Turns SIGTERM and SIGINT into something that main can wait for. To be made first in main, before any
/// thread is: threads inherit the signal mask. SIGPIPE is ignored from then on; a broken pipe is an error of
/// the write.
class StopSignal {
 public:
  StopSignal();

  /// Blocks until SIGTERM or SIGINT arrives; returns which.
  int Wait();

 private:
  sigset_t signals_;
};

}  // namespace parley
