#pragma once

#include <string>
#include <vector>

#include "edge/server/http.h"

namespace parley::edge {

/// Which web pages may call the API from a browser.
class CorsPolicy {
 public:
  /// Origins such as "https://app.example"; "*" among them lets every page call, but none with credentials.
  explicit CorsPolicy(std::vector<std::string> origins);

  /// Adds to an answer what lets the page that asked read it.
  void Apply(const server::Request& request, server::Response& response) const;

  /// Adds to a refusal that is given before the request is read what lets every page read it, if all may
  /// call.
  void ApplyToUnread(server::Response& response) const;

  /// The answer to a browser that asks first. `methods` is what the path allows, such as "POST".
  server::Response Preflight(const server::Request& request, std::string_view methods) const;

 private:
  bool IsListed(std::string_view origin) const;

  const std::vector<std::string> origins_;
  const bool any_;
};

}  // namespace parley::edge
