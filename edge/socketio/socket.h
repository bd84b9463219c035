#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "edge/engineio/protocol.h"
#include "edge/limits/event_allowance.h"
#include "edge/server/worker.h"
#include "edge/socketio/application.h"
#include "edge/socketio/client_link.h"
#include "edge/socketio/encoded_event.h"
#include "edge/socketio/offset.h"
#include "edge/socketio/packet_log.h"

namespace parley::socketio {

class RecoveryTable;
struct Packet;

/// A client's connection to a namespace. Worker thread only. Whoever holds one may keep it as long as it
/// likes: after it is disconnected all members that send do nothing.
///
/// A client that has asked for it may lose its connection and come back within the grace period: then it is
/// the same socket, with the same id, and the handler never heard of the interruption. Events that are
/// emitted meanwhile are kept for the client.
class Socket : public std::enable_shared_from_this<Socket> {
 public:
  /// Made by Client; public for std::make_shared.
  Socket(Client& client, std::string name_space, std::string id);

  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Unguessable and unique, but no secret: it opens nothing and may be logged.
  const std::string& id() const { return id_; }
  /// The worker whose thread this socket lives on, for its whole life.
  server::Worker& worker() const { return worker_; }
  /// The secret by which the client may come back; empty when it may not.
  std::string_view pid() const { return recovery_ == nullptr ? std::string_view() : recovery_->pid; }
  /// Where the client first connected from.
  const std::string& remote_address() const { return remote_address_; }
  engineio::Protocol protocol() const { return protocol_; }
  /// That of the connection by which the socket came about; for the handler to keep.
  limits::EventAllowance& event_allowance() const { return *event_allowance_; }
  const std::string& name_space() const { return name_space_; }
  /// Also while a client that may come back is away.
  bool connected() const { return state_ != State::kDisconnected; }

  /// Sends an event; see EncodeEvent for what is allowed. A client that is too slow is closed, which its
  /// handler learns later, never from within this call.
  void Emit(std::string_view name, const nlohmann::json& args = nlohmann::json::array());
  void Emit(const SharedEvent& event);

  /// Where the client stands from the next event on, so that it can show that when it comes back to another
  /// process (Application::OnRecover). Characters that need no escape in JSON. Only for a client that may
  /// come back.
  void SetBookmark(std::string bookmark) {
    if (recovery_ != nullptr) recovery_->bookmark = std::move(bookmark);
  }

  /// Sends an event and asks the client for an answer: `on_answer` is called at most once, with an array. The
  /// event is lost on a client that is away.
  void EmitWithAck(std::string_view name, const nlohmann::json& args,
                   std::function<void(const nlohmann::json& args)> on_answer);

  /// Sends a DISCONNECT packet, so that the client doesn't come back by itself; the handler's OnDisconnect is
  /// called before this returns. With `close_connection` the connection below is closed too, after what is
  /// queued.
  void Disconnect(bool close_connection);

  /// Closes the connection below without a DISCONNECT packet, upon which clients come back by themselves; not
  /// to this socket any more. The handler's OnDisconnect is called before this returns.
  void CloseConnection();

  // ---- For Client and Server.

  /// Lets the client come back within `grace`, once the socket is started, by `pid`. Once, before Start.
  void AllowRecovery(std::string pid, RecoveryTable& table, std::chrono::milliseconds grace, PacketLog log);

  /// The client is another process's and has to be recovered. Once, after AllowRecovery and before Start.
  void BeginAway();

  /// What the client is told when it has connected; an object.
  std::string ConnectPayload() const;

  void Start(std::shared_ptr<SocketHandler> handler);

  /// Distinguishes the connection that the socket has now from those it had.
  std::uint64_t connection() const { return connection_; }

  /// A packet has come over `connection`; any thread.
  void Receive(std::uint64_t connection, Packet packet);

  /// `connection` is over; any thread. `may_return`: the client hasn't said goodbye, nor has it been sent
  /// away.
  void EndConnection(std::uint64_t connection, std::string_view reason, bool may_return);

  /// A client of `client_worker` that shows this socket's pid wants to be this socket's. What it missed after
  /// `received` is sent to it before it is told that it is connected; a client that can't be told everything
  /// connects as a new one, with `auth`, and this socket ends. Any thread.
  void Recover(std::weak_ptr<Client> client, server::Worker& client_worker, std::optional<Offset> received,
               nlohmann::json auth);

  /// Ends the socket if its client is away; any thread.
  void EndAbsence(std::string_view reason);

  /// Lets go of the handler, which may hold this, without a word to it.
  std::shared_ptr<SocketHandler> Abandon();

 private:
  using AwaitedAcks = std::unordered_map<std::uint64_t, std::function<void(const nlohmann::json&)>>;

  enum class State {
    kConnected,
    kAway,  // the client has lost its connection, and may come back
    kDisconnected,
  };

  /// What a socket has whose client may come back.
  struct Recovery {
    const std::string pid;
    RecoveryTable& table;
    const std::chrono::milliseconds grace;
    /// Offset::life of what this socket sends.
    const std::string life;
    PacketLog log;
    std::string bookmark;
    server::Timer timer;
  };

  /// Sends a packet that was encoded for "/".
  void Send(const SharedEvent& packet, bool numbered);
  std::vector<engineio::Message> Addressed(const EncodedEvent& packet,
                                           const std::optional<std::string>& offset);
  std::vector<engineio::Message> Addressed(const PacketLog::Entry& entry);

  void Dispatch(Packet packet);
  void RecoverHere(const std::weak_ptr<Client>& client, server::Worker& client_worker,
                   const std::optional<Offset>& received, nlohmann::json auth);
  void AwaitReturn();
  /// Ends the socket and tells its handler.
  void End(std::string_view reason);
  Ack MakeAck(std::uint64_t id);

  // Constant after construction.
  const std::string name_space_;
  const std::string id_;
  server::Worker& worker_;
  const std::string remote_address_;
  const engineio::Protocol protocol_;
  const std::shared_ptr<limits::EventAllowance> event_allowance_;

  // Worker thread only.
  State state_ = State::kConnected;
  std::uint64_t connection_ = 1;
  ClientLink client_;
  std::shared_ptr<SocketHandler> handler_;
  std::string_view disconnect_reason_;
  std::uint64_t next_ack_id_ = 0;
  AwaitedAcks awaited_acks_;
  std::unique_ptr<Recovery> recovery_;
};

}  // namespace parley::socketio
