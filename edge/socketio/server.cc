#include "edge/socketio/server.h"

#include <utility>

#include "edge/engineio/server.h"
#include "edge/server/on_all_workers.h"
#include "edge/socketio/client.h"
#include "edge/socketio/socket.h"

namespace parley::socketio {

/// Puts a Client on top of every Engine.IO session.
class ClientFactory final : public engineio::HandlerFactory {
 public:
  explicit ClientFactory(ServerState& state) : state_(state) {}

  std::shared_ptr<engineio::Handler> CreateHandler(engineio::Session& session,
                                                   std::string_view query) override {
    return std::make_shared<Client>(session, state_, query);
  }

 private:
  ServerState& state_;
};

Server::Server(server::WorkerPool& workers, Application& application, Options options)
    : workers_(workers),
      state_(new ServerState{std::move(options), {{"/", &application}}, {}}),
      clients_(std::make_unique<ClientFactory>(*state_)),
      engine_(std::make_unique<engineio::Server>(workers, *clients_, state_->options.engine)) {}

Server::~Server() = default;

void Server::AddNamespace(std::string name_space, Application& application) {
  state_->applications.emplace(std::move(name_space), &application);
}

bool Server::Owns(std::string_view path) const { return engine_->Owns(path); }

std::optional<std::size_t> Server::WorkerFor(const server::Request& request) const {
  return engine_->WorkerFor(request);
}

std::optional<std::size_t> Server::MaxBodyBytes(const server::Request& header) const {
  return engine_->MaxBodyBytes(header);
}

std::function<void(server::BodyEnd)> Server::BodyBegins(const server::Request& header) const {
  return engine_->BodyBegins(header);
}

void Server::PrepareRefusal(const server::Request& header, server::Response& refusal) const {
  engine_->PrepareRefusal(header, refusal);
}

void Server::Handle(std::shared_ptr<server::Exchange> exchange) { engine_->Handle(std::move(exchange)); }

std::size_t Server::connection_count() const { return engine_->session_count(); }

void Server::Shutdown(std::function<void()> done, std::chrono::milliseconds spread) {
  engine_->Shutdown(
      [this, done = std::move(done)]() mutable {
        for (const std::shared_ptr<Socket>& socket : state_->recovery.All()) {
          socket->EndAbsence("server shutting down");
        }
        // A socket may live on another worker than the connection that ended. When all have got this far,
        // every socket has heard of its end.
        server::OnAllWorkers(
            workers_, [](server::Worker&) {}, std::move(done));
      },
      spread);
}

}  // namespace parley::socketio
