#pragma once

#include <string>

#include "common/clock/clock.h"
#include "common/config/flags.h"
#include "common/log/log.h"
#include "common/process/scheduling.h"

namespace parley::config {

/// What every process of Parley can be told.
struct ProcessConfig {
  /// Address to listen on; a name or a number, without brackets.
  std::string host;
  /// How long requests that are under way may take to finish after SIGTERM.
  Duration shutdown_timeout;
  Scheduling scheduling;
  log::Format log_format;
  log::Level log_level;
};

/// Reads the flags that are parsed by now; what is wrong is added to `problems`.
ProcessConfig ReadProcessConfig(Problems& problems);

/// Has this process, called `program` in its log, log and be scheduled as it was told; to be called before it
/// has other threads.
void Apply(const std::string& program, const ProcessConfig& config);

/// "HOST:PORT", with brackets around an IPv6 address.
std::string Address(const std::string& host, int port);

/// Tells on standard output, on a line of its own, that this process is ready to serve: "listening grpc
/// HOST:PORT". Whoever starts a process with port 0 reads it there.
void AnnounceListening(std::string_view what, const std::string& address);

}  // namespace parley::config
