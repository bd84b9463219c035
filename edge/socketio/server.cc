#include "edge/socketio/server.h"

#include <utility>

#include "edge/engineio/server.h"
#include "edge/socketio/client.h"

namespace parley::socketio {

/// Puts a Client on top of every Engine.IO session.
class ClientFactory final : public engineio::HandlerFactory {
 public:
  ClientFactory(Application& application, Options options)
      : application_(application), options_(std::move(options)) {}

  const Options& options() const { return options_; }

  std::shared_ptr<engineio::Handler> CreateHandler(engineio::Session& session) override {
    return std::make_shared<Client>(session, application_, options_);
  }

 private:
  Application& application_;
  const Options options_;
};

Server::Server(server::WorkerPool& workers, Application& application, Options options)
    : clients_(std::make_unique<ClientFactory>(application, std::move(options))),
      engine_(std::make_unique<engineio::Server>(workers, *clients_, clients_->options().engine)) {}

Server::~Server() = default;

bool Server::Owns(std::string_view path) const { return engine_->Owns(path); }

std::optional<std::size_t> Server::WorkerFor(const server::Request& request) const {
  return engine_->WorkerFor(request);
}

std::optional<std::size_t> Server::MaxBodyBytes(const server::Request& header) const {
  return engine_->MaxBodyBytes(header);
}

std::shared_ptr<void> Server::BodyBegins(const server::Request& header) const {
  return engine_->BodyBegins(header);
}

void Server::PrepareRefusal(const server::Request& header, server::Response& refusal) const {
  engine_->PrepareRefusal(header, refusal);
}

void Server::Handle(std::shared_ptr<server::Exchange> exchange) { engine_->Handle(std::move(exchange)); }

std::size_t Server::connection_count() const { return engine_->session_count(); }

void Server::Shutdown(std::function<void()> done) { engine_->Shutdown(std::move(done)); }

}  // namespace parley::socketio
