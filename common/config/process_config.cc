#include "common/config/process_config.h"

#include <iostream>

#include "absl/flags/flag.h"
#include "absl/time/time.h"

ABSL_FLAG(std::string, host, "127.0.0.1",
          "Address to listen on. The default serves this machine only; 0.0.0.0 or [::] serve every network.");
ABSL_FLAG(absl::Duration, shutdown_timeout, absl::Seconds(10),
          "How long requests that are under way may take to finish after SIGTERM before they are cut off.");
ABSL_FLAG(
    std::string, scheduling, "batch",
    "How a thread that wakes comes to run on a busy core: batch, when what runs there has had its time, "
    "which takes less CPU time in all; or normal, most often at once, for a machine that other programs "
    "keep busy. A process that is started with a policy of its own keeps it.");
ABSL_FLAG(std::string, log_format, "text", "How log lines are written to standard error: text or json.");
ABSL_FLAG(std::string, log_level, "info", "The least level that is logged: debug, info, warning or error.");

namespace parley::config {

ProcessConfig ReadProcessConfig(Problems& problems) {
  ProcessConfig config;
  config.host = absl::GetFlag(FLAGS_host);
  if (config.host.size() > 2 && config.host.front() == '[' && config.host.back() == ']') {
    config.host = config.host.substr(1, config.host.size() - 2);
  }
  if (config.host.empty()) problems.Add("host", "must not be empty");
  config.shutdown_timeout = absl::ToChronoMilliseconds(absl::GetFlag(FLAGS_shutdown_timeout));
  if (config.shutdown_timeout < Duration::zero() || config.shutdown_timeout > std::chrono::hours(24)) {
    problems.Add("shutdown_timeout", "must be from 0 to 24h");
  }

  const std::string scheduling = absl::GetFlag(FLAGS_scheduling);
  config.scheduling = scheduling == "normal" ? Scheduling::kNormal : Scheduling::kBatch;
  if (scheduling != "batch" && scheduling != "normal")
    problems.Add("scheduling", "must be batch or normal, not \"" + scheduling + "\"");

  const std::string format = absl::GetFlag(FLAGS_log_format);
  config.log_format = format == "json" ? log::Format::kJson : log::Format::kText;
  if (format != "json" && format != "text")
    problems.Add("log_format", "must be text or json, not \"" + format + "\"");

  const std::string level = absl::GetFlag(FLAGS_log_level);
  config.log_level = level == "debug"     ? log::Level::kDebug
                     : level == "warning" ? log::Level::kWarning
                     : level == "error"   ? log::Level::kError
                                          : log::Level::kInfo;
  if (config.log_level == log::Level::kInfo && level != "info") {
    problems.Add("log_level", "must be debug, info, warning or error, not \"" + level + "\"");
  }
  return config;
}

void Apply(const std::string& program, const ProcessConfig& config) {
  log::Configure(program, config.log_format, config.log_level);
  SetScheduling(config.scheduling);
}

std::string Address(const std::string& host, int port) {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void AnnounceListening(std::string_view what, const std::string& address) {
  // One write, so that lines of several endpoints don't mix; flushed, because somebody may be waiting for it.
  std::cout << "listening " + std::string(what) + " " + address + "\n" << std::flush;
  log::Info("listening", {{"endpoint", what}, {"address", address}});
}

}  // namespace parley::config
