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

  void OnRecover(std::shared_ptr<socketio::Socket> socket, std::string bookmark,
                 Recovered recovered) override {
    const auto session = std::make_shared<ClientSession>(services_, std::move(socket));
    session->Recover(bookmark, [session, recovered = std::move(recovered)](bool could) {
      recovered(could ? session : nullptr);
    });
  }

 private:
  const Services services_;
};

}  // namespace parley::edge
