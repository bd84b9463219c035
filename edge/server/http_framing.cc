#include "edge/server/http_framing.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <ctime>
#include <string_view>

namespace parley::server {
namespace {

/// The present time as an HTTP date, formatted once a second and thread.
std::string_view HttpDate() {
  static thread_local std::time_t formatted_for = 0;
  static thread_local char text[32] = "";
  const std::time_t now = std::time(nullptr);
  if (now != formatted_for) {
    std::tm utc;
    gmtime_r(&now, &utc);
    std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    formatted_for = now;
  }
  return text;
}

bool HasNoContent(const Response& response) {
  return response.result() == http::status::no_content || response.result() == http::status::not_modified;
}

}  // namespace

bool HasSoundFraming(const Request& header) {
  const std::size_t codings = header.count(http::field::transfer_encoding);
  if (codings == 0) return true;
  return codings == 1 && header.version() >= 11 && header.count(http::field::content_length) == 0 &&
         boost::beast::iequals(header[http::field::transfer_encoding], "chunked");
}

bool NamesOneHost(const Request& header) {
  const std::size_t hosts = header.count(http::field::host);
  return hosts == 1 || (hosts == 0 && header.version() < 11);
}

bool ExpectsContinue(const Request& header) {
  return header.version() >= 11 && boost::beast::iequals(header[http::field::expect], "100-continue");
}

bool Finalize(Response& response, const Request& request, bool may_keep_alive) {
  const bool wants_close = http::token_list(response[http::field::connection]).exists("close");
  const bool keep_alive = may_keep_alive && request.keep_alive() && !wants_close;
  response.version(request.version() < 11 ? 10 : 11);
  response.keep_alive(keep_alive);
  if (HasNoContent(response)) {
    response.body().clear();
    response.erase(http::field::content_length);
  } else {
    response.content_length(response.body().size());
  }
  response.set(http::field::date, HttpDate());
  return keep_alive;
}

}  // namespace parley::server
