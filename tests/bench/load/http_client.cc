#include "tests/bench/load/http_client.h"

#include <charconv>

#include "tests/bench/load/failure.h"

namespace parley::bench {
namespace {

/// The number behind `name`, of which there are two usual spellings.
std::size_t ContentLength(std::string_view head) {
  for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) continue;
    std::size_t length = 0;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    return length;
  }
  const bool bodyless = head.starts_with("HTTP/1.1 101") || head.starts_with("HTTP/1.1 204");
  if (!bodyless) throw Failure("a response doesn't tell its length: " + std::string(head));
  return 0;
}

}  // namespace

HttpResponse ParseHttpResponse(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return {};
  HttpResponse response;
  response.head = bytes.substr(0, end + 2);
  const std::size_t length = ContentLength(response.head);
  if (bytes.size() < end + 4 + length) return {};
  std::from_chars(bytes.data() + 9, bytes.data() + 12, response.status);
  response.body = bytes.substr(end + 4, length);
  response.size = end + 4 + length;
  return response;
}

HttpClient::HttpClient(EventLoop& loop, const Endpoint& endpoint, Listener& listener)
    : listener_(listener), host_(endpoint.host), connection_(loop, endpoint, *this) {}

void HttpClient::Get(std::string_view path) {
  connection_.Send("GET " + std::string(path) + " HTTP/1.1\r\nHost: " + host_ + "\r\n\r\n");
}

void HttpClient::Post(std::string_view path, std::string_view type, std::string_view body) {
  std::string request = "POST ";
  request.append(path).append(" HTTP/1.1\r\nHost: ").append(host_).append("\r\nContent-Type: ").append(type);
  request.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  connection_.Send(request);
}

std::size_t HttpClient::OnBytes(std::string_view bytes) {
  const HttpResponse response = ParseHttpResponse(bytes);
  if (response.size > 0) listener_.OnResponse(*this, response.status, response.body);
  return response.size;
}

}  // namespace parley::bench
