#include "edge/limits/limit.h"

#include <array>
#include <cstddef>
#include <string>

#include "common/metrics/metrics.h"

namespace parley::limits {
namespace {

struct Row {
  /// What metrics call it: by the flag, where there is one.
  std::string_view name;
  LimitText text;
};

constexpr LimitText kTooFast{429, "TOO_FAST", "Please wait before sending events", "1"};

/// By Limit.
constexpr std::array<Row, 7> kRows = {{
    {"max_connections", {503, "TOO_MANY_CONNECTIONS", "The server is full", "5"}},
    {"max_connections_per_address",
     {429, "TOO_MANY_CONNECTIONS", "There are too many connections from your address", "5"}},
    {"handshake_rate_per_address",
     {429, "TOO_MANY_HANDSHAKES", "There are too many new sessions from your address", "1"}},
    {"max_polling_sessions", {503, "TOO_MANY_SESSIONS", "The server is full", "5"}},
    {"max_polling_sessions_per_address",
     {429, "TOO_MANY_SESSIONS", "There are too many sessions from your address", "5"}},
    {"event_rate_per_socket", kTooFast},
    {"queued_event_bytes", kTooFast},
}};

std::array<prometheus::Counter*, kRows.size()> MakeCounters() {
  std::array<prometheus::Counter*, kRows.size()> counters{};
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    counters[i] = &metrics::Counter("parley_edge_refused_total",
                                    "Connections, handshakes, sessions and events that a limit refused",
                                    {{"limit", std::string(kRows[i].name)}});
  }
  return counters;
}

}  // namespace

const LimitText& TextOf(Limit limit) { return kRows[static_cast<std::size_t>(limit)].text; }

void CountRefused(Limit limit) {
  static const auto counters = MakeCounters();
  counters[static_cast<std::size_t>(limit)]->Increment();
}

}  // namespace parley::limits
