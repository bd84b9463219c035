#pragma once

#include <cstdint>
#include <memory>

#include "edge/server/http_server.h"
#include "edge/server/worker.h"
#include "edge/socketio/server.h"
#include "tests/edge/engineio/echo_server.h"

namespace parley::socketio {

/// A Socket.IO server on a free port of 127.0.0.1, at /socket.io/, whose application does what events tell
/// it:
///   "echo" args…        emits "echo" with the arguments
///   "answer" args…      answers with the arguments, and a second time to no effect
///   "answer-later"      answers when "now" comes
///   "ask" args…         emits "question" with the arguments, and "answered" with what is answered
///   "broadcast" args…   emits "news" with the arguments to everybody
///   "bye" close         disconnects the client
///   "close"             closes its connection, and logs "closed" then
///   "answer-at-broadcast"  answers when the next "broadcast" comes from anybody
/// Anything else is logged: `name args`, and the answer, if one is wanted, is how many arguments there were.
/// Logged are also `connect auth` and `disconnect reason`. A client whose auth is {"unwelcome": true} is
/// disconnected at once. The same stands behind the namespace "/other".
class ApplicationServer {
 public:
  explicit ApplicationServer(Options options = {}, std::size_t workers = 2);
  ~ApplicationServer();

  std::uint16_t port() const { return port_; }
  engineio::HandlerLog& log() { return log_; }
  Server& socketio() { return *server_; }

 private:
  class App;

  engineio::HandlerLog log_;
  server::WorkerPool pool_;
  const std::unique_ptr<App> app_;
  const std::unique_ptr<Server> server_;
  server::HttpServer http_;
  std::uint16_t port_;
};

}  // namespace parley::socketio
