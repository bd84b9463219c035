#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

#include "edge/engineio/protocol.h"
#include "edge/server/worker.h"
#include "edge/socketio/application.h"
#include "edge/socketio/encoded_event.h"

namespace parley::socketio {

class Client;
struct Packet;

/// A client's connection to the namespace "/". Worker thread only. Whoever holds one may keep it as long as
/// it likes: after it is disconnected all members that send do nothing.
class Socket : public std::enable_shared_from_this<Socket> {
 public:
  /// Made by Client; public for std::make_shared.
  Socket(Client& client, std::string id);

  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Unguessable and unique, but no secret: it opens nothing and may be logged.
  const std::string& id() const { return id_; }
  /// The worker whose thread this socket lives on, for its whole life.
  server::Worker& worker() const { return worker_; }
  const std::string& remote_address() const { return remote_address_; }
  engineio::Protocol protocol() const { return protocol_; }
  bool connected() const { return client_ != nullptr; }

  /// Sends an event; see EncodeEvent for what is allowed. A client that is too slow is closed, which its
  /// handler learns later, never from within this call.
  void Emit(std::string_view name, const nlohmann::json& args = nlohmann::json::array());
  void Emit(const SharedEvent& event);

  /// Sends an event and asks the client for an answer: `on_answer` is called at most once, with an array.
  void EmitWithAck(std::string_view name, const nlohmann::json& args,
                   std::function<void(const nlohmann::json& args)> on_answer);

  /// Sends a DISCONNECT packet, so that the client doesn't come back by itself; the handler's OnDisconnect is
  /// called before this returns. With `close_connection` the connection below is closed too, after what is
  /// queued.
  void Disconnect(bool close_connection);

  /// Closes the connection below without a DISCONNECT packet, upon which clients come back by themselves; the
  /// handler's OnDisconnect follows.
  void CloseConnection();

 private:
  friend class Client;

  using AwaitedAcks = std::unordered_map<std::uint64_t, std::function<void(const nlohmann::json&)>>;

  void Start(std::shared_ptr<SocketHandler> handler);
  void Dispatch(Packet packet);
  void Detach(std::string_view reason);
  /// Lets go of the handler, which may hold this, without a word to it.
  std::shared_ptr<SocketHandler> Abandon();
  Ack MakeAck(std::uint64_t id);

  // Constant after construction.
  const std::string id_;
  server::Worker& worker_;
  const std::string remote_address_;
  const engineio::Protocol protocol_;

  // Worker thread only.
  Client* client_;  // null once disconnected
  std::shared_ptr<SocketHandler> handler_;
  std::string_view disconnect_reason_;
  std::uint64_t next_ack_id_ = 0;
  AwaitedAcks awaited_acks_;
};

}  // namespace parley::socketio
