#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "edge/rest/rest_api.h"
#include "edge/server/exchange.h"
#include "edge/socketio/server.h"

namespace parley::edge {

/// Sends each request to whom it belongs: Socket.IO's path to Socket.IO, everything else to the REST API.
class FrontDoor final : public server::HttpHandler {
 public:
  /// Both must outlive the door.
  FrontDoor(socketio::Server& sockets, RestApi& rest) : sockets_(sockets), rest_(rest) {}

  std::optional<std::size_t> WorkerFor(const server::Request& request) const override;
  std::optional<std::size_t> MaxBodyBytes(const server::Request& header) const override;
  bool ServesBeyondLimits(const server::Request& header) const override;
  std::function<void(server::BodyEnd)> BodyBegins(const server::Request& header) const override;
  void PrepareRefusal(const server::Request& header, server::Response& refusal) const override;
  void Handle(std::shared_ptr<server::Exchange> exchange) override;

 private:
  const server::HttpHandler& Owner(const server::Request& request) const;

  socketio::Server& sockets_;
  RestApi& rest_;
};

}  // namespace parley::edge
