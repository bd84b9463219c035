#pragma once

#include "edge/events/client_session.h"
#include "edge/socketio/application.h"

namespace parley::edge {

/// What stands behind the Socket.IO server: a session for each client.
class ParleyApplication final : public socketio::Application {
 public:
  explicit ParleyApplication(const Services& services) : services_(services) {}

  std::shared_ptr<socketio::SocketHandler> OnConnect(std::shared_ptr<socketio::Socket> socket,
                                                     const nlohmann::json&) override {
    return std::make_shared<ClientSession>(services_, std::move(socket));
  }

 private:
  const Services services_;
};

}  // namespace parley::edge
