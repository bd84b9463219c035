#include "edge/front_door.h"

#include <string_view>

#include "edge/server/target.h"

namespace parley::edge {

const server::HttpHandler& FrontDoor::Owner(const server::Request& request) const {
  // As Handle sees the path, which an unusual way to write it must not lead elsewhere.
  if (sockets_.Owns(server::ParseTarget(request.target()).path)) return sockets_;
  return rest_;
}

std::optional<std::size_t> FrontDoor::WorkerFor(const server::Request& request) const {
  return Owner(request).WorkerFor(request);
}

std::optional<std::size_t> FrontDoor::MaxBodyBytes(const server::Request& header) const {
  return Owner(header).MaxBodyBytes(header);
}

bool FrontDoor::ServesBeyondLimits(const server::Request& header) const {
  // An edge that is full is alive, and not to be restarted; whoever watches it should see why it refuses
  // people.
  const server::Target target = server::ParseTarget(header.target());
  const std::string_view path = target.path;
  return path == "/healthz" || path == "/readyz" || path == "/metrics";
}

std::function<void(server::BodyEnd)> FrontDoor::BodyBegins(const server::Request& header) const {
  return Owner(header).BodyBegins(header);
}

void FrontDoor::PrepareRefusal(const server::Request& header, server::Response& refusal) const {
  Owner(header).PrepareRefusal(header, refusal);
}

void FrontDoor::Handle(std::shared_ptr<server::Exchange> exchange) {
  if (sockets_.Owns(exchange->path())) {
    sockets_.Handle(std::move(exchange));
  } else {
    rest_.Handle(std::move(exchange));
  }
}

}  // namespace parley::edge
