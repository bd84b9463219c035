#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/websocket/connection.h"
#include "tests/edge/server/loopback_server.h"

namespace parley::websocket {

/// A handler made of functions, which tells a test of what happens.
class FunctionWebSocket : public Handler {
 public:
  using Message = std::function<void(FunctionWebSocket&, std::string_view, bool)>;

  explicit FunctionWebSocket(Message message) : message_(std::move(message)) {}

  void OnOpen() override { opened_.set_value(); }
  void OnMessage(std::string_view payload, bool binary) override { message_(*this, payload, binary); }
  // A second call would throw.
  void OnClosed(CloseReason reason) override { closed_.set_value(std::move(reason)); }

  void AwaitOpen() { server::Await(opened_.get_future()); }
  CloseReason AwaitClosed() { return server::Await(closed_.get_future()); }

  server::Worker* worker = nullptr;
  std::shared_ptr<Connection> connection;

 private:
  const Message message_;
  std::promise<void> opened_;
  std::promise<CloseReason> closed_;
};

inline void Echo(FunctionWebSocket& socket, std::string_view payload, bool binary) {
  socket.connection->Send(binary ? Frame::Binary(payload) : Frame::Text(payload));
}

/// A server that takes every upgrade request, and gives tests the handlers in the order in which they were
/// made.
class WebSocketServer {
 public:
  explicit WebSocketServer(Options options = {}, FunctionWebSocket::Message message = Echo,
                           std::size_t workers = 2, server::Limits limits = {})
      : loopback(workers, limits) {
    loopback.handler.handle = [this, options, message](std::shared_ptr<server::Exchange> exchange) {
      auto socket = std::make_shared<FunctionWebSocket>(message);
      socket->worker = &exchange->worker();
      socket->connection = exchange->AcceptWebSocket(socket, options);
      {
        std::lock_guard lock(mutex_);
        accepted_.push_back(std::move(socket));
      }
      arrived_.notify_one();
    };
  }

  ~WebSocketServer() {
    loopback.server.Close();
    loopback.pool.Stop();
  }

  /// The handler of the next connection.
  std::shared_ptr<FunctionWebSocket> Next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(30), [this] { return taken_ < accepted_.size(); })) {
      throw std::runtime_error("no WebSocket was accepted");
    }
    return accepted_[taken_++];
  }

  /// Runs `fn` with the handler's connection on its worker.
  void On(FunctionWebSocket& socket, const std::function<void(Connection&)>& fn) {
    loopback.pool.RunOn(*socket.worker, [&] { fn(*socket.connection); });
  }

  std::uint16_t port() const { return loopback.port; }

  server::LoopbackServer loopback;

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::shared_ptr<FunctionWebSocket>> accepted_;
  std::size_t taken_ = 0;
};

}  // namespace parley::websocket
