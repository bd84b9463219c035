#include "edge/rest/cors.h"

#include <algorithm>
#include <utility>

namespace parley::edge {

using server::http::field;

namespace {

void Grant(server::Response& response, std::string_view origin) {
  response.set(field::access_control_allow_origin, origin);
  response.set(field::access_control_expose_headers, "Retry-After");
}

}  // namespace

CorsPolicy::CorsPolicy(std::vector<std::string> origins)
    : origins_(std::move(origins)),
      any_(std::find(origins_.begin(), origins_.end(), "*") != origins_.end()) {}

bool CorsPolicy::IsListed(std::string_view origin) const {
  return origin != "*" && std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

void CorsPolicy::Apply(const server::Request& request, server::Response& response) const {
  const auto found = request.find(field::origin);
  // A cache must not hand one page's permission to another.
  if (!any_ || origins_.size() > 1) response.insert(field::vary, "Origin");
  if (found == request.end()) return;
  const std::string_view origin = found->value();
  if (IsListed(origin)) {
    Grant(response, origin);
    response.set(field::access_control_allow_credentials, "true");
  } else if (any_) {
    Grant(response, "*");
  }
}

void CorsPolicy::ApplyToUnread(server::Response& response) const {
  if (any_) Grant(response, "*");
}

server::Response CorsPolicy::Preflight(const server::Request& request, std::string_view methods) const {
  server::Response response(server::http::status::no_content, request.version());
  Apply(request, response);
  if (response.find(field::access_control_allow_origin) != response.end()) {
    response.set(field::access_control_allow_methods, methods);
    response.set(field::access_control_allow_headers, "Content-Type, Idempotency-Key");
    response.set(field::access_control_max_age, "600");
  }
  response.set(field::allow, std::string(methods) + ", OPTIONS");
  return response;
}

}  // namespace parley::edge
