#include "common/process/stop_signal.h"

#include <pthread.h>

#include <utility>

#include "common/log/log.h"

namespace parley {

StopSignal::StopSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void StopSignal::OnHangup(std::function<void()> fn) { on_hangup_ = std::move(fn); }

int StopSignal::Wait() {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals_, &signal) != 0) continue;
    if (signal != SIGHUP) return signal;
    if (on_hangup_) {
      on_hangup_();
    } else {
      // Sent by habit, to have something read anew, it must not cut anybody off.
      log::Info("nothing to read anew on SIGHUP");
    }
  }
}

}  // namespace parley
