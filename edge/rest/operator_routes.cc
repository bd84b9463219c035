// Routes for those who run the edge, and their probes.

#include "common/metrics/metrics.h"
#include "edge/rest/answers.h"
#include "edge/rest/rest_api.h"
#include "edge/translate/json_object.h"

namespace parley::edge {

namespace net = boost::asio;
namespace http = server::http;

net::awaitable<server::Response> RestApi::Health(const RoutedRequest&) {
  co_return MakeJsonResponse(http::status::ok, JsonObject().Text("status", "ok").Take());
}

net::awaitable<server::Response> RestApi::Readiness(const RoutedRequest&) {
  const ReadinessReport report = readiness_();
  const bool ready = report.room_service && report.messaging_service && report.workers && !report.stopping;
  const auto word = [](bool live) { return live ? "ok" : "unreachable"; };
  server::Response response = MakeJsonResponse(ready ? http::status::ok : http::status::service_unavailable,
                                               JsonObject()
                                                   .Text("status", report.stopping ? "stopping"
                                                                   : ready         ? "ok"
                                                                                   : "unavailable")
                                                   .Text("roomService", word(report.room_service))
                                                   .Text("messagingService", word(report.messaging_service))
                                                   .Text("workers", report.workers ? "ok" : "stuck")
                                                   .Take());
  if (!ready) response.set(http::field::retry_after, "1");
  co_return response;
}

net::awaitable<server::Response> RestApi::Metrics(const RoutedRequest&) {
  server::Response response(http::status::ok, 11);
  response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  response.body() = metrics::Render();
  co_return response;
}

}  // namespace parley::edge
