#include "edge/server/http.h"

#include <nlohmann/json.hpp>
#include <string>

namespace parley::server {

Response MakeRefusal(http::status status, std::string_view error, std::string_view code) {
  Response response{status, 11};
  response.set(http::field::content_type, "application/json; charset=utf-8");
  nlohmann::ordered_json body;
  body["success"] = false;
  body["error"] = error;
  body["code"] = code;
  response.body() = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

Response MakeRefusal(limits::Limit limit) {
  const limits::LimitText& text = limits::TextOf(limit);
  Response response = MakeRefusal(static_cast<http::status>(text.status), text.error, text.code);
  response.set(http::field::retry_after, text.retry_after);
  return response;
}

}  // namespace parley::server
