#include "edge/events/event_metrics.h"

#include <map>
#include <string>
#include <utility>

#include "common/metrics/metrics.h"

namespace parley::edge {

void CountEvent(std::string_view name, bool success) {
  // Looking a counter up takes the registry's lock; each thread does that once per name.
  thread_local std::map<std::pair<std::string, bool>, prometheus::Counter*> counters;
  prometheus::Counter*& counter = counters[{std::string(name), success}];
  if (counter == nullptr) {
    counter = &metrics::Counter("parley_edge_events_total", "Socket.IO events that were handled",
                                {{"event", std::string(name)}, {"success", success ? "true" : "false"}});
  }
  counter->Increment();
}

}  // namespace parley::edge
