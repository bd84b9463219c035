#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "edge/engineio/answers.h"
#include "edge/engineio/cors.h"
#include "edge/engineio/handler.h"
#include "edge/engineio/options.h"
#include "edge/engineio/registry.h"
#include "edge/server/exchange.h"
#include "edge/server/worker.h"

namespace parley::engineio {

class Session;
class WebSocketTransport;

/// An Engine.IO server, versions 3 and 4, for all workers: decides what a request means and takes it to its
/// session. The workers and the factory must outlive it; the workers must have been stopped when it is
/// destroyed.
class Server : public server::HttpHandler {
 public:
  Server(server::WorkerPool& workers, HandlerFactory& factory, Options options);
  ~Server() override;

  /// Whether a request for this path is Engine.IO's. Any thread.
  bool Owns(std::string_view path) const;

  std::optional<std::size_t> WorkerFor(const server::Request& request) const override;
  std::optional<std::size_t> MaxBodyBytes(const server::Request& header) const override;
  std::function<void(server::BodyEnd)> BodyBegins(const server::Request& header) const override;
  void PrepareRefusal(const server::Request& header, server::Response& refusal) const override;
  void Handle(std::shared_ptr<server::Exchange> exchange) override;

  /// How many sessions there are. Any thread.
  std::size_t session_count() const;

  /// Refuses new sessions with 503 from now on and ends the others, spread evenly over `spread` and served
  /// until it is their turn; 0: at once. `done` is called once, on a worker, when all handlers have heard
  /// OnClose. Once, on any thread; the workers must be running.
  void Shutdown(std::function<void()> done, std::chrono::milliseconds spread = {});

 private:
  struct Parameters;

  std::shared_ptr<Session> FindSession(server::Worker& worker, const std::string& sid);
  void HandleSession(const Parameters& parameters, std::shared_ptr<server::Exchange> exchange);
  void HandleHandshake(const Parameters& parameters, std::shared_ptr<server::Exchange> exchange);
  /// Whether a session may begin; a client that is over a limit is told so.
  bool Admit(server::Exchange& exchange, bool websocket, limits::Permit& permit) const;
  void AcceptProbe(const Parameters& parameters, Session& session, server::Exchange& exchange);
  void Accept(server::Exchange& exchange, const std::shared_ptr<WebSocketTransport>& transport) const;
  std::shared_ptr<Session> MakeSession(const Parameters& parameters, const server::Exchange& exchange);
  void Refuse(server::Exchange& exchange, ErrorCode code) const;
  void Refuse(server::Exchange& exchange, limits::Limit limit) const;
  void RefuseShuttingDown(server::Exchange& exchange) const;
  /// Ends the sessions of a worker, on its thread.
  boost::asio::awaitable<void> EndSessions(server::Worker& worker, std::chrono::milliseconds spread);

  // Constant after construction.
  server::WorkerPool& workers_;
  HandlerFactory& factory_;
  const Options options_;
  const Cors cors_;
  const std::vector<std::unique_ptr<Registry>> registries_;  // by worker, and each its worker's

  std::atomic<bool> shutting_down_ = false;
};

}  // namespace parley::engineio
