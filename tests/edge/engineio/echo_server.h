#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "edge/engineio/handler.h"
#include "edge/engineio/options.h"
#include "edge/engineio/server.h"
#include "edge/server/http_server.h"
#include "edge/server/worker.h"
#include "tests/edge/server/loopback_client.h"

namespace parley::engineio {

/// What the handlers of a server heard, for the thread of the test to wait for.
class HandlerLog {
 public:
  void Add(std::string line);
  /// The next line. Fails the test, and returns "", when none comes for a time that no passing test comes
  /// near.
  std::string Next();

 private:
  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<std::string> lines_;
};

/// An Engine.IO server on a free port of 127.0.0.1, at /socket.io/. Each message goes back, but for "close",
/// which closes the session, "many N", to which the messages "0" to "N-1" are the answer, and "fill N", to
/// which one of N bytes is. The reasons of closed sessions are logged.
class EchoServer {
 public:
  explicit EchoServer(Options options = {}, std::size_t workers = 2);
  ~EchoServer();

  std::uint16_t port() const { return port_; }
  HandlerLog& log() { return log_; }
  Server& engine() { return engine_; }

 private:
  class Factory;

  HandlerLog log_;
  server::WorkerPool pool_;
  const std::unique_ptr<Factory> factory_;
  Server engine_;
  server::HttpServer http_;
  std::uint16_t port_;
};

/// A polling client of one session, with a connection for polls and one for posts. Bodies are literal.
class PollingClient {
 public:
  /// Doesn't connect to a session yet. `query`: what its requests have in common, such as
  /// "EIO=4&transport=polling".
  PollingClient(std::uint16_t port, std::string query);

  /// Begins a session and returns the body of the answer, of which it takes the sid.
  std::string Handshake();

  const std::string& sid() const { return sid_; }
  const std::string& query() const { return query_; }

  /// Header lines that polls are sent with from now on, each with its line end.
  void set_poll_headers(std::string headers) { poll_headers_ = std::move(headers); }

  /// Sends a poll without waiting for its answer, on its own connection.
  void BeginPoll();
  server::Response EndPoll();
  server::Response Poll();
  server::Response Post(std::string_view body, std::string_view content_type = "text/plain;charset=UTF-8");

  server::LoopbackClient& poll_connection() { return *polls_; }

 private:
  std::string Target() const;

  const std::uint16_t port_;
  std::string query_;
  std::string sid_;
  std::string poll_headers_;
  std::unique_ptr<server::LoopbackClient> polls_;
  std::unique_ptr<server::LoopbackClient> posts_;
};

/// The sid in the text of an open packet.
std::string SidIn(std::string_view open_packet);

}  // namespace parley::engineio
