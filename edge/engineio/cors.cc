#include "edge/engineio/cors.h"

#include "edge/engineio/query.h"
#include "edge/server/target.h"

namespace parley::engineio {

namespace http = server::http;

namespace {

/// Whether the request is of Engine.IO 3.
bool InsistsOnCredentials(const server::Request& request) {
  const std::string_view query = server::ParseTarget(request.target()).query;
  return !query.empty() && FindParameter(query, "EIO").value_or("3") == "3";
}

}  // namespace

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
  const bool named = any_ && !origin.empty() && InsistsOnCredentials(request);
  if (named && listed_.empty()) response.insert(http::field::vary, "Origin");
  if (named || listed_.contains(std::string(origin))) {
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
