#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "edge/server/http.h"

namespace parley::engineio {

/// Which pages of other origins may read the answers. Immutable; any thread.
class Cors {
 public:
  /// Exact origins, which may send credentials, or `*` for any, without credentials. The clients of Engine.IO
  /// 3 insist on credentials, and browsers then refuse `*`: their pages are named instead. The sid is no
  /// cookie, so this opens nothing.
  explicit Cors(const std::vector<std::string>& origins);

  /// Adds what a browser wants to see to the answer to a request.
  void Apply(const server::Request& request, server::Response& response) const;

  /// The answer to an OPTIONS request.
  server::Response Preflight(const server::Request& request) const;

 private:
  bool any_ = false;
  std::unordered_set<std::string> listed_;
};

}  // namespace parley::engineio
