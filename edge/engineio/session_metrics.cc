#include "edge/engineio/session_metrics.h"

#include <map>
#include <string>

#include "common/metrics/metrics.h"

namespace parley::engineio {
namespace {

prometheus::Gauge& Sessions() {
  static prometheus::Gauge& gauge =
      metrics::Gauge("parley_edge_sessions", "Engine.IO sessions that there are");
  return gauge;
}

}  // namespace

void CountSessionBegun() { Sessions().Increment(); }

void CountSessionGone() { Sessions().Decrement(); }

void CountClosedSession(CloseReason reason) {
  // Looking a counter up takes the registry's lock; each thread does that once per reason.
  thread_local std::map<CloseReason, prometheus::Counter*> counters;
  prometheus::Counter*& counter = counters[reason];
  if (counter == nullptr) {
    counter = &metrics::Counter("parley_edge_sessions_closed_total", "Engine.IO sessions that are over",
                                {{"reason", std::string(ToString(reason))}});
  }
  counter->Increment();
}

void CountWebSocketViolation(std::uint16_t code) {
  thread_local std::map<std::uint16_t, prometheus::Counter*> counters;
  prometheus::Counter*& counter = counters[code];
  if (counter == nullptr) {
    counter = &metrics::Counter("parley_edge_websocket_violations_total",
                                "WebSockets that were closed because their client broke the protocol",
                                {{"code", std::to_string(code)}});
  }
  counter->Increment();
}

}  // namespace parley::engineio
