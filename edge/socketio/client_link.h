#pragma once

#include <boost/asio/post.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "edge/engineio/message.h"
#include "edge/server/worker.h"
#include "edge/socketio/client.h"

namespace parley::socketio {

/// A socket's way to the client that it is connected through. A client that has come back may live on another
/// worker than its socket; calls are posted there then, and arrive in order. On the socket's worker only.
class ClientLink {
 public:
  /// Leads nowhere: calls do nothing.
  ClientLink() = default;

  /// To a client of the socket's worker. The client must end the connection before it is destroyed.
  explicit ClientLink(Client& client) : here_(&client) {}

  /// To a client of `worker`. Calls are dropped once it is destroyed.
  ClientLink(std::weak_ptr<Client> client, server::Worker& worker)
      : elsewhere_(std::move(client)), worker_(&worker) {}

  void Send(const std::vector<engineio::Message>& messages) const {
    if (here_ != nullptr) return here_->Send(messages);
    Call([messages](Client& client) { client.Send(messages); });
  }

  /// Runs `fn` with the client, on its worker.
  template <typename Function>
  void Call(Function fn) const {
    if (here_ != nullptr) {
      fn(*here_);
    } else if (worker_ != nullptr) {
      boost::asio::post(worker_->executor(), [client = elsewhere_, fn = std::move(fn)] {
        if (const std::shared_ptr<Client> alive = client.lock()) fn(*alive);
      });
    }
  }

 private:
  Client* here_ = nullptr;
  std::weak_ptr<Client> elsewhere_;
  server::Worker* worker_ = nullptr;
};

}  // namespace parley::socketio
