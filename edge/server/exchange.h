#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/server/http.h"
#include "edge/server/target.h"
#include "edge/server/worker.h"
#include "edge/websocket/connection.h"

namespace parley::server {

struct PendingAnswer;

/// One HTTP request and its answer. Worker thread only, its destruction included. The server keeps a read
/// pending until Respond, so that a client that goes away is noticed at once. An exchange that is dropped
/// unanswered is answered 500.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  /// By the server. `pending` is where the connection picks up the answer.
  Exchange(std::shared_ptr<PendingAnswer> pending, Worker& worker);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Target, headers and the complete body, already limited in size and time.
  const Request& request() const;

  /// The target without scheme, host and query, percent-decoded. A malformed escape stays as it is.
  std::string_view path() const { return target_.path; }

  /// The raw query, without '?'.
  std::string_view query() const { return target_.query; }

  /// The client's IP address as text; an IPv4 client of an IPv6 socket is given as IPv4.
  const std::string& remote_address() const;

  /// Whether the client's connection is encrypted.
  bool secure() const;

  Worker& worker() const { return worker_; }

  /// Whether this asks for a WebSocket.
  bool is_upgrade() const;

  /// Whether the client went away before it was answered. One that has only closed its side may still wait,
  /// unless somebody awaits the abort.
  bool aborted() const;

  /// Answers; exactly once, and not after AcceptWebSocket. Adds Content-Length, Date and what keep-alive
  /// needs; a `Connection: close` in the response closes the connection after it. Does nothing for a client
  /// that went away.
  void Respond(Response response);

  /// Called when the client goes away before Respond (ending its side of the connection counts as that), or
  /// at once when it has already. The latest call counts. The function is destroyed when the exchange is
  /// over, so it may hold the exchange.
  void OnAborted(std::function<void()> fn);

  /// Instead of Respond, for an upgrade request: completes the handshake and hands the connection over to
  /// `handler`. What is sent on the returned connection before OnOpen follows the handshake. A request that
  /// is no valid handshake is refused by the WebSocket layer and ends with OnClosed(kTransportError). nullptr
  /// when the client went away.
  std::shared_ptr<websocket::Connection> AcceptWebSocket(std::shared_ptr<websocket::Handler> handler,
                                                         websocket::Options options);

 private:
  const std::shared_ptr<PendingAnswer> pending_;
  Worker& worker_;
  const Target target_;  // of pending_->request
};

/// How the arrival of a request's body ended.
enum class BodyEnd {
  kComplete,
  kTooLarge,  // the client is refused, and may go on with another request
  kCutOff,    // the client went away, broke HTTP's rules or took too long
};

/// What the server serves. All functions are called on worker threads, several at once.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  /// The index of the worker that must serve this complete request; nullopt: whichever has it. The connection
  /// moves there before Handle is called, and stays.
  virtual std::optional<std::size_t> WorkerFor(const Request& request) const;

  /// The largest body taken for a request whose header has arrived, in bytes; nullopt:
  /// Limits::max_body_bytes.
  virtual std::optional<std::size_t> MaxBodyBytes(const Request& header) const;

  /// Whether this request is served even to a client that is over a limit on connections. The connection is
  /// closed after the answer.
  virtual bool ServesBeyondLimits(const Request& header) const;

  /// Called when a request's header has arrived and some of its body is still under way. What it returns,
  /// unless that is nullptr, is called once, when no more of the body is to come, and before the request is
  /// moved or handled; never when the workers are stopped before.
  virtual std::function<void(BodyEnd)> BodyBegins(const Request& header) const;

  /// May add headers (CORS, for example) to a refusal that the server itself is about to send. `header` is as
  /// much of the request as was understood.
  virtual void PrepareRefusal(const Request& header, Response& refusal) const;

  /// Takes a request. It may be answered later; the next one of the same connection comes after the answer.
  virtual void Handle(std::shared_ptr<Exchange> exchange) = 0;
};

}  // namespace parley::server
