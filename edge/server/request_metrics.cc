#include "edge/server/request_metrics.h"

#include <map>
#include <string>

#include "common/metrics/metrics.h"

namespace parley::server {

void CountRefusedRequest(std::string_view code) {
  // Looking a counter up takes the registry's lock; each thread does that once per code.
  thread_local std::map<std::string_view, prometheus::Counter*> counters;
  prometheus::Counter*& counter = counters[code];
  if (counter == nullptr) {
    counter = &metrics::Counter("parley_edge_requests_refused_total",
                                "HTTP requests that break the rules of HTTP or Engine.IO",
                                {{"code", std::string(code)}});
  }
  counter->Increment();
}

}  // namespace parley::server
