#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "edge/limits/admission.h"
#include "edge/server/exchange.h"
#include "edge/server/worker.h"

namespace parley::server {

struct ServerState;
class Listener;
class TlsContext;

/// What a client may ask of the server before its request reaches the handler.
struct Limits {
  /// From the connection's start, or a later request's first byte, to the end of the header.
  std::chrono::milliseconds header_timeout = std::chrono::seconds(10);
  /// Likewise for a connection that is over a limit, which is heard because it may ask for what is served all
  /// the same.
  std::chrono::milliseconds reserve_timeout = std::chrono::seconds(2);
  /// From the end of the header to the end of the body.
  std::chrono::milliseconds body_timeout = std::chrono::seconds(20);
  /// How long a connection may be idle between two requests; it is closed silently after that.
  std::chrono::milliseconds keep_alive_timeout = std::chrono::seconds(75);
  /// How long the client may take to read a response.
  std::chrono::milliseconds write_timeout = std::chrono::seconds(60);
  /// How long the server goes on reading from a client it has refused, so that the client gets to see the
  /// answer.
  std::chrono::milliseconds linger_timeout = std::chrono::seconds(2);
  std::size_t max_body_bytes = 1'000'000;
  std::size_t max_header_bytes = 16'384;
};

/// How long a connection may take over a header, or over the TLS handshake before it.
inline std::chrono::milliseconds HeaderTimeout(const Limits& limits, const limits::Admitted& admitted) {
  return admitted.refused_by ? limits.reserve_timeout : limits.header_timeout;
}

/// An HTTP/1.1 server whose connections are spread over a pool of workers. Its members are called by one
/// thread, which is no worker's.
class HttpServer {
 public:
  /// `pool` and `handler` outlive the server, and `admission` the pool; nullptr lets everybody in.
  HttpServer(WorkerPool& pool, Limits limits, HttpHandler& handler, limits::Admission* admission = nullptr);
  /// Closes.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Accepts connections at `host` (an address or a name) from now on, and returns the port: that given, or
  /// the one that was free when it is 0. May be called for several addresses. With `tls`, clients must speak
  /// TLS there. Throws boost::system::system_error, with the address in its text, when it cannot listen
  /// there.
  std::uint16_t Listen(const std::string& host, std::uint16_t port,
                       std::shared_ptr<const TlsContext> tls = nullptr);

  /// Closes the listening sockets; when it returns, connecting is refused. Open connections go on, and close
  /// after their next response unless the request had to be served by a certain worker: what follows it can't
  /// go to another server either.
  void StopAccepting();

  /// Stops accepting, closes the connections that have no request under way, and has each other one close
  /// after its next response. Returns when that has happened, or at `deadline` how many requests are still
  /// under way. WebSockets go on.
  std::size_t FinishRequests(std::chrono::steady_clock::time_point deadline);

  /// Stops accepting, aborts all connections, WebSockets included, and returns when they are gone: every
  /// handler has been told then.
  void Close();

  /// Connections that are open, WebSockets included. Any thread.
  std::size_t open_connections() const;

 private:
  WorkerPool& pool_;
  const std::shared_ptr<ServerState> state_;
  std::vector<std::shared_ptr<Listener>> listeners_;
};

}  // namespace parley::server
