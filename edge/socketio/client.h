#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "edge/engineio/handler.h"
#include "edge/engineio/message.h"
#include "edge/engineio/session.h"
#include "edge/limits/event_allowance.h"
#include "edge/server/worker.h"
#include "edge/socketio/application.h"
#include "edge/socketio/decoder.h"
#include "edge/socketio/recovery_table.h"
#include "edge/socketio/server.h"

namespace parley::socketio {

class Socket;

/// What the clients of a server share.
struct ServerState {
  const Options options;
  /// By the name of the namespace they stand behind. Constant once the server serves.
  std::map<std::string, Application*, std::less<>> applications;
  RecoveryTable recovery;
};

/// Socket.IO over one Engine.IO session: decides which packet may come when, and closes the session when one
/// comes that may not. Worker thread only. The session owns it.
class Client final : public engineio::Handler, public std::enable_shared_from_this<Client> {
 public:
  /// `query` is that of the handshake.
  Client(engineio::Session& session, ServerState& state, std::string_view query);
  ~Client() override;

  const engineio::Session& session() const { return session_; }
  /// Never null.
  const std::shared_ptr<limits::EventAllowance>& event_allowance() const { return event_allowance_; }

  // ---- For the session.

  void OnOpen() override;
  void OnMessage(std::string_view text) override;
  void OnBinary(std::string_view bytes) override;
  void OnClose(engineio::CloseReason reason) override;

  // ---- For its sockets.

  void Send(const std::vector<engineio::Message>& messages);
  void CloseConnection() { Close("forced server close"); }

  /// The socket has no more to do with this client.
  void Release(const Socket& socket);

  /// The socket is this client's now, as `connection`. False: the client is gone.
  bool Adopt(const std::shared_ptr<Socket>& socket, std::uint64_t connection);

  /// The client, which has a place without a socket, goes on from where another socket of this pid has left
  /// it, in this process or another.
  void RecoverElsewhere(const std::string& name_space, const std::string& pid, std::string bookmark,
                        const nlohmann::json& auth);

  /// Makes a new socket, because the one that was asked for can't be recovered.
  void ConnectAnew(const std::string& name_space, const nlohmann::json& auth);

 private:
  /// A namespace that the client is connected to, or about to be while it has no socket.
  struct Place {
    std::string name_space;
    std::shared_ptr<Socket> socket;
    std::uint64_t connection;
  };

  void OnDecoded(Decoder::Result result, Packet packet);
  Place* FindPlace(std::string_view name_space);
  void Connect(const std::string& name_space, const nlohmann::json& auth);
  /// Whether it may connect, which every time but the first counts as another client's handshake: each time
  /// it is as unburdened as a new one.
  bool MayConnect();
  void AllowRecovery(Socket& socket, std::string pid);
  void Close(std::string_view reason);

  engineio::Session& session_;  // until OnClose
  ServerState& state_;
  const bool asks_for_recovery_;
  const std::shared_ptr<limits::EventAllowance> event_allowance_ = std::make_shared<limits::EventAllowance>();

  bool has_connected_ = false;
  bool closed_ = false;
  std::string_view forced_reason_;  // of a close that began here; empty: the session knows
  Decoder decoder_;
  std::vector<Place> places_;
  std::unique_ptr<server::Timer> connect_timer_;
};

}  // namespace parley::socketio
