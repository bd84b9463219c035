#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "edge/server/http.h"

namespace parley::edge {

/// `body`, JSON text, as application/json.
server::Response MakeJsonResponse(server::http::status status, std::string body);

/// {success: false, error, code}, with Retry-After where trying again makes sense.
server::Response MakeErrorResponse(const absl::Status& error);

/// Counts a request that was answered. `route` is the pattern, so that clients can't make up metrics. Any
/// thread.
void CountRequest(std::string_view route, unsigned status);

}  // namespace parley::edge
