#include "edge/engineio/cors.h"

namespace parley::engineio {

namespace http = server::http;

Cors::Cors(const std::vector<std::string>& origins) {
  for (const std::string& origin : origins) {
    if (origin == "*") {
      any_ = true;
    } else {
      listed_.insert(origin);
    }
  }
}

void Cors::Apply(const server::Request& request, server::Response& response) const {
  const std::string_view origin = request[http::field::origin];
  if (!listed_.empty()) response.insert(http::field::vary, "Origin");
  if (listed_.contains(std::string(origin))) {
    response.set(http::field::access_control_allow_origin, origin);
    response.set(http::field::access_control_allow_credentials, "true");
  } else if (any_) {
    response.set(http::field::access_control_allow_origin, "*");
  }
}

server::Response Cors::Preflight(const server::Request& request) const {
  server::Response response(http::status::no_content, request.version());
  Apply(request, response);
  response.set(http::field::access_control_allow_methods, "GET,POST");
  response.insert(http::field::vary, "Access-Control-Request-Headers");
  const std::string_view headers = request[http::field::access_control_request_headers];
  if (!headers.empty()) response.set(http::field::access_control_allow_headers, headers);
  response.set(http::field::access_control_max_age, "600");
  return response;
}

}  // namespace parley::engineio
