#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "edge/rest/routed_request.h"
#include "edge/server/http.h"

namespace parley::edge {

class RestApi;

using RouteFunction = boost::asio::awaitable<server::Response> (RestApi::*)(const RoutedRequest&);

struct Route {
  server::http::verb method;
  /// Segments that begin with ":" match anything but "/".
  std::string_view pattern;
  RouteFunction function;
};

/// The routes whose pattern a path matches, whatever their method; all of them have the same parameter.
struct RouteMatch {
  std::vector<const Route*> routes;
  std::string parameter;
};

RouteMatch FindRoutes(std::string_view path);

}  // namespace parley::edge
