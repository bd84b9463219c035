#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string_view>

#include "edge/limits/limit.h"

namespace parley::server {

namespace http = boost::beast::http;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

/// The answer to a request that is refused: `{"success":false,"error":error,"code":code}` as
/// application/json. `error` is for people, `code` is a stable word for programs.
Response MakeRefusal(http::status status, std::string_view error, std::string_view code);

/// The same for what is over a limit, with Retry-After.
Response MakeRefusal(limits::Limit limit);

}  // namespace parley::server
