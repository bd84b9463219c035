#include "edge/engineio/answers.h"

#include <utility>

#include "edge/server/request_metrics.h"

namespace parley::engineio {
namespace {

namespace http = server::http;

std::string_view MessageOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnknownTransport:
      return "Transport unknown";
    case ErrorCode::kUnknownSid:
      return "Session ID unknown";
    case ErrorCode::kBadHandshakeMethod:
      return "Bad handshake method";
    case ErrorCode::kBadRequest:
      return "Bad request";
    case ErrorCode::kForbidden:
      return "Forbidden";
    case ErrorCode::kUnsupportedProtocolVersion:
      return "Unsupported protocol version";
  }
  return "";
}

/// What metrics call it.
std::string_view WordOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnknownTransport:
      return "UNKNOWN_TRANSPORT";
    case ErrorCode::kUnknownSid:
      return "UNKNOWN_SID";
    case ErrorCode::kBadHandshakeMethod:
      return "BAD_HANDSHAKE_METHOD";
    case ErrorCode::kBadRequest:
      return "BAD_REQUEST";
    case ErrorCode::kForbidden:
      return "FORBIDDEN";
    case ErrorCode::kUnsupportedProtocolVersion:
      return "UNSUPPORTED_PROTOCOL_VERSION";
  }
  return "";
}

}  // namespace

server::Response MakeError(ErrorCode code, bool upgrade) {
  server::CountRefusedRequest(WordOf(code));
  const std::string message(MessageOf(code));
  server::Response response;
  response.version(11);
  if (upgrade) {
    response.result(http::status::bad_request);
    response.set(http::field::content_type, "text/html");
    response.body() = message;
    response.keep_alive(false);
  } else {
    response.result(code == ErrorCode::kForbidden ? http::status::forbidden : http::status::bad_request);
    response.set(http::field::content_type, "application/json");
    response.body() =
        R"({"code":)" + std::to_string(static_cast<int>(code)) + R"(,"message":")" + message + R"("})";
  }
  return response;
}

server::Response MakeAnswer(std::string_view content_type, std::string body) {
  server::Response response(http::status::ok, 11);
  response.set(http::field::content_type, content_type);
  response.set(http::field::cache_control, "no-store");
  response.body() = std::move(body);
  return response;
}

}  // namespace parley::engineio
