#include "edge/rest/answers.h"

#include <map>
#include <string>
#include <utility>

#include "common/metrics/metrics.h"
#include "edge/translate/refusal.h"

namespace parley::edge {

namespace http = server::http;

server::Response MakeJsonResponse(http::status status, std::string body) {
  server::Response response(status, 11);
  response.set(http::field::content_type, "application/json");
  response.body() = std::move(body);
  return response;
}

server::Response MakeErrorResponse(const absl::Status& error) {
  const Refusal refusal = ToRefusal(error);
  server::Response response =
      server::MakeRefusal(static_cast<http::status>(refusal.status), refusal.error, refusal.code);
  if (refusal.retry_after) response.set(http::field::retry_after, std::to_string(*refusal.retry_after));
  return response;
}

void CountRequest(std::string_view route, unsigned status) {
  // Looking a counter up takes the registry's lock; each thread does that once per route and status.
  thread_local std::map<std::pair<std::string_view, unsigned>, prometheus::Counter*> counters;
  prometheus::Counter*& counter = counters[{route, status}];
  if (counter == nullptr) {
    counter = &metrics::Counter("parley_edge_http_requests_total", "HTTP requests that were answered",
                                {{"route", std::string(route)}, {"status", std::to_string(status)}});
  }
  counter->Increment();
}

}  // namespace parley::edge
