#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/engineio/options.h"
#include "edge/server/exchange.h"
#include "edge/server/worker.h"
#include "edge/socketio/application.h"

namespace parley::engineio {
class Server;
}

namespace parley::socketio {

class ClientFactory;
struct ServerState;

struct Options {
  engineio::Options engine;
  /// A connection whose client doesn't connect to the namespace within this time is closed.
  std::chrono::milliseconds connect_timeout{45'000};
  /// How deep one argument of an event may be nested; a scalar has depth 0. An event with a deeper one is
  /// delivered with a defect.
  std::size_t max_json_depth = 32;
  /// How long a client that has asked for it may be away and come back as who it was; 0: nobody may.
  std::chrono::milliseconds reconnect_grace{10'000};
};

/// A Socket.IO server for all workers: protocol 5 (Engine.IO 4) and its predecessor (Engine.IO 3). The
/// workers and the applications must outlive it; stop the workers before it is destroyed.
///
/// A client of protocol 5 that connects with `auth: {recover: true}` or the query `recover=1` may lose its
/// connection and come back as who it was, and gets what it missed (connection state recovery). It is given
/// the last argument of each event, which is a string that means something to the client's library only.
class Server : public server::HttpHandler {
 public:
  /// `application` stands behind the namespace "/".
  Server(server::WorkerPool& workers, Application& application, Options options = {});
  ~Server() override;

  /// Puts an application behind another namespace, "/name"; before the first request.
  void AddNamespace(std::string name_space, Application& application);

  /// Whether a request for this path belongs to this server. Any thread.
  bool Owns(std::string_view path) const;

  std::optional<std::size_t> WorkerFor(const server::Request& request) const override;
  std::optional<std::size_t> MaxBodyBytes(const server::Request& header) const override;
  std::function<void(server::BodyEnd)> BodyBegins(const server::Request& header) const override;
  void PrepareRefusal(const server::Request& header, server::Response& refusal) const override;
  void Handle(std::shared_ptr<server::Exchange> exchange) override;

  /// How many Engine.IO sessions there are. Any thread.
  std::size_t connection_count() const;

  /// From now on new sessions are refused with 503, and the existing ones are closed with "server shutting
  /// down" in a way that makes clients come back (elsewhere, one hopes). That is spread evenly over `spread`,
  /// so that they don't all come at once; until its turn each is served. `done` is called once, on a worker
  /// thread, when every handler has heard OnDisconnect. Once, on any thread.
  void Shutdown(std::function<void()> done, std::chrono::milliseconds spread = {});

 private:
  server::WorkerPool& workers_;
  const std::unique_ptr<ServerState> state_;
  const std::unique_ptr<ClientFactory> clients_;
  const std::unique_ptr<engineio::Server> engine_;
};

}  // namespace parley::socketio
