#pragma once

#include <string>

#include "edge/server/http.h"

namespace parley::edge {

/// A request that has found its route.
struct RoutedRequest {
  const server::Request& request;
  /// What stands for the path's ":" segment; empty when it has none.
  std::string parameter;
};

}  // namespace parley::edge
