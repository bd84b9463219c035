#include "edge/rest/route_table.h"

#include "edge/rest/rest_api.h"

namespace parley::edge {
namespace {

using server::http::verb;

/// Everything that may be asked over HTTP, besides Socket.IO.
constexpr Route kRoutes[] = {
    {verb::post, "/api/:roomIdHash/send", &RestApi::SendMessage},
    {verb::post, "/api/:roomIdHash/edit", &RestApi::EditMessage},
    {verb::post, "/api/:roomIdHash/delete", &RestApi::DeleteMessage},
    {verb::get, "/healthz", &RestApi::Health},
    {verb::get, "/readyz", &RestApi::Readiness},
    {verb::get, "/metrics", &RestApi::Metrics},
};

std::string_view TakeSegment(std::string_view& path) {
  path.remove_prefix(1);  // The slash.
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool Matches(std::string_view pattern, std::string_view path, std::string& parameter) {
  while (!pattern.empty() && !path.empty() && path.front() == '/') {
    const std::string_view expected = TakeSegment(pattern);
    const std::string_view segment = TakeSegment(path);
    if (expected.starts_with(':')) {
      if (segment.empty()) return false;
      parameter = segment;
    } else if (segment != expected) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

RouteMatch FindRoutes(std::string_view path) {
  RouteMatch match;
  for (const Route& route : kRoutes) {
    if (Matches(route.pattern, path, match.parameter)) match.routes.push_back(&route);
  }
  return match;
}

}  // namespace parley::edge
