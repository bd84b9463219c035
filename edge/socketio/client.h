#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "edge/engineio/handler.h"
#include "edge/engineio/message.h"
#include "edge/engineio/session.h"
#include "edge/server/worker.h"
#include "edge/socketio/application.h"
#include "edge/socketio/decoder.h"
#include "edge/socketio/server.h"

namespace parley::socketio {

class Socket;

/// Socket.IO over one Engine.IO session: decides which packet may come when, and closes the session when one
/// comes that may not. Worker thread only. The session owns it.
class Client final : public engineio::Handler, public std::enable_shared_from_this<Client> {
 public:
  Client(engineio::Session& session, Application& application, const Options& options);
  ~Client() override;

  const engineio::Session& session() const { return session_; }

  // ---- For the session.

  void OnOpen() override;
  void OnMessage(std::string_view text) override;
  void OnBinary(std::string_view bytes) override;
  void OnClose(engineio::CloseReason reason) override;

  // ---- For the socket, while it is connected.

  void Send(const std::vector<engineio::Message>& messages);
  void DisconnectSocket(bool close_connection);
  void CloseConnection() { Close("forced server close"); }

 private:
  void OnDecoded(Decoder::Result result, Packet packet);
  void Connect(const nlohmann::json& auth);
  void DetachSocket(std::string_view reason);
  void Close(std::string_view reason);

  engineio::Session& session_;  // until OnClose
  Application& application_;
  const Options& options_;

  bool closed_ = false;
  std::string_view forced_reason_;  // of a close that began here; empty: the session knows
  Decoder decoder_;
  std::shared_ptr<Socket> socket_;
  std::unique_ptr<server::Timer> connect_timer_;
};

}  // namespace parley::socketio
