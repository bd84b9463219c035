#include "edge/limit_config.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

// Whoever means well never meets the defaults: behind one address there may be a whole provider's network,
// whose clients all come back at once when an edge is replaced. They keep one address from taking everything.
ABSL_FLAG(int, max_connections, 50000, "Connections that are open at once, in all; 0 is no limit.");
ABSL_FLAG(int, max_connections_per_address, 20000,
          "Connections that are open at once from one IPv4 address or IPv6 /64 network; 0 is no limit.");
ABSL_FLAG(double, handshake_rate_per_address, 1000,
          "Socket.IO sessions that may begin each second from one address; 0 is no limit.");
ABSL_FLAG(int, handshake_burst_per_address, 10000, "Sessions that may begin at once from one address.");
ABSL_FLAG(
    int, max_polling_sessions, 20000,
    "Sessions over long-polling, which live on without a connection, at once and in all; 0 is no limit.");
ABSL_FLAG(int, max_polling_sessions_per_address, 8000,
          "Sessions over long-polling at once from one address; 0 is no limit.");
ABSL_FLAG(double, event_rate_per_socket, 1000, "Events that one client may send each second; 0 is no limit.");
ABSL_FLAG(int, event_burst_per_socket, 2000, "Events that one client may send at once.");
ABSL_FLAG(
    std::int64_t, max_queued_bytes, 256 << 20,
    "What may wait for all clients together, in bytes, what is kept for those who may come back included; "
    "while it is more, a client with more than 64 KiB that wait is closed. 0 is no limit.");
ABSL_FLAG(std::string, trusted_proxies, "",
          "Addresses and networks such as 10.0.0.0/8, separated by commas, of proxies that put the client's "
          "address "
          "last into X-Forwarded-For: limits per address then count that one, and never the proxy's.");

namespace parley::edge {
namespace {

std::size_t ReadCount(config::Problems& problems, const char* flag, int value) {
  problems.RequireRange(flag, value, 0, 1 << 30);
  return static_cast<std::size_t>(value);
}

limits::Rate ReadRate(config::Problems& problems, const char* rate_flag, double rate, const char* burst_flag,
                      int burst) {
  if (!std::isfinite(rate) || rate < 0 || rate > 1e6) {
    problems.Add(rate_flag, absl::StrCat("must be from 0 to 1000000, not ", rate));
  }
  problems.RequireRange(burst_flag, burst, 1, 1'000'000);
  return {.per_second = rate, .burst = static_cast<double>(burst)};
}

limits::TrustedProxies ReadTrustedProxies(config::Problems& problems, const std::string& list) {
  limits::TrustedProxies proxies;
  for (const absl::string_view part : absl::StrSplit(list, absl::ByAnyChar(", "), absl::SkipEmpty())) {
    if (proxies.Add({part.data(), part.size()})) continue;
    problems.Add("trusted_proxies",
                 absl::StrCat("must list addresses and networks such as 10.0.0.0/8, not \"", part, "\""));
  }
  return proxies;
}

}  // namespace

LimitConfig ReadLimitConfig(config::Problems& problems) {
  LimitConfig config;
  limits::Admission::Options& admission = config.admission;
  admission.max_connections = ReadCount(problems, "max_connections", absl::GetFlag(FLAGS_max_connections));
  admission.per_address.max_connections =
      ReadCount(problems, "max_connections_per_address", absl::GetFlag(FLAGS_max_connections_per_address));
  admission.max_polling_sessions =
      ReadCount(problems, "max_polling_sessions", absl::GetFlag(FLAGS_max_polling_sessions));
  admission.per_address.max_polling_sessions = ReadCount(
      problems, "max_polling_sessions_per_address", absl::GetFlag(FLAGS_max_polling_sessions_per_address));
  admission.per_address.handshakes =
      ReadRate(problems, "handshake_rate_per_address", absl::GetFlag(FLAGS_handshake_rate_per_address),
               "handshake_burst_per_address", absl::GetFlag(FLAGS_handshake_burst_per_address));
  config.event_rate = ReadRate(problems, "event_rate_per_socket", absl::GetFlag(FLAGS_event_rate_per_socket),
                               "event_burst_per_socket", absl::GetFlag(FLAGS_event_burst_per_socket));
  const std::int64_t max_queued_bytes = absl::GetFlag(FLAGS_max_queued_bytes);
  problems.RequireRange("max_queued_bytes", max_queued_bytes, 0, std::int64_t{1} << 40);
  config.max_queued_bytes = static_cast<std::size_t>(max_queued_bytes);
  admission.trusted_proxies = ReadTrustedProxies(problems, absl::GetFlag(FLAGS_trusted_proxies));
  return config;
}

}  // namespace parley::edge
