#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/bench/load/tcp_connection.h"

namespace parley::bench {

/// Where a complete HTTP response ends, and what is in it.
struct HttpResponse {
  int status = 0;
  std::string_view head;
  std::string_view body;
  /// Of all of it, in bytes; 0: more has to be read.
  std::size_t size = 0;
};

/// Reads a response whose length is told by Content-Length, or that has no body. Throws Failure.
HttpResponse ParseHttpResponse(std::string_view bytes);

/// HTTP/1.1 over one connection that is kept alive, one request at a time.
class HttpClient final : private TcpConnection::Listener {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    /// May ask the next request.
    virtual void OnResponse(HttpClient& client, int status, std::string_view body) = 0;
    virtual void OnHttpClosed(const std::string& reason) = 0;
  };

  HttpClient(EventLoop& loop, const Endpoint& endpoint, Listener& listener);

  void Get(std::string_view path);
  void Post(std::string_view path, std::string_view type, std::string_view body);

 private:
  std::size_t OnBytes(std::string_view bytes) override;
  void OnClosed(const std::string& reason) override { listener_.OnHttpClosed(reason); }

  Listener& listener_;
  const std::string host_;
  TcpConnection connection_;
};

}  // namespace parley::bench
