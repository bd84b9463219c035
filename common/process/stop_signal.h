#pragma once

#include <csignal>
#include <functional>

namespace parley {

/// Turns SIGTERM and SIGINT into something that main can wait for. To be made first in main, before any
/// thread is: threads inherit the signal mask. SIGHUP ends nothing. SIGPIPE and SIGXFSZ are ignored from then
/// on; a broken pipe, and a file that may not grow any more, are errors of the write.
class StopSignal {
 public:
  StopSignal();

  /// Has Wait call `fn` whenever SIGHUP arrives. To be called before Wait.
  void OnHangup(std::function<void()> fn);

  /// Blocks until SIGTERM or SIGINT arrives; returns which.
  int Wait();

 private:
  std::function<void()> on_hangup_;
  sigset_t signals_;
};

}  // namespace parley
