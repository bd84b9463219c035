#include "edge/socketio/socket.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "edge/engineio/token.h"
#include "edge/socketio/encoder.h"
#include "edge/socketio/packet.h"
#include "edge/socketio/recovery_table.h"

namespace parley::socketio {

using nlohmann::json;

namespace {

// Tells the few objects apart that are ever the same client's.
constexpr std::size_t kLifeLength = 6;

}  // namespace

Socket::Socket(Client& client, std::string name_space, std::string id)
    : name_space_(std::move(name_space)),
      id_(std::move(id)),
      worker_(client.session().worker()),
      remote_address_(client.session().remote_address()),
      protocol_(client.session().protocol()),
      event_allowance_(client.event_allowance()),
      client_(client) {}

void Socket::AllowRecovery(std::string pid, RecoveryTable& table, std::chrono::milliseconds grace,
                           PacketLog log) {
  recovery_ = std::make_unique<Recovery>(
      Recovery{std::move(pid), table, grace, engineio::RandomToken().substr(0, kLifeLength), std::move(log),
               std::string(), server::Timer(worker_.executor())});
}

void Socket::BeginAway() {
  state_ = State::kAway;
  client_ = ClientLink();
}

std::string Socket::ConnectPayload() const {
  std::string payload = R"({"sid":")" + id_ + '"';
  if (recovery_ != nullptr) payload += R"(,"pid":")" + recovery_->pid + '"';
  return payload + '}';
}

void Socket::Emit(std::string_view name, const json& args) {
  if (connected()) Send(EncodeEvent(name, args), true);
}

void Socket::Emit(const SharedEvent& event) {
  if (connected()) Send(event, true);
}

void Socket::EmitWithAck(std::string_view name, const json& args,
                         std::function<void(const json& args)> on_answer) {
  if (!connected()) return;
  const EncodedEvent event(EncodeEventPacket(name, args, next_ack_id_));
  awaited_acks_.emplace(next_ack_id_++, std::move(on_answer));
  client_.Send(Addressed(event, std::nullopt));
}

void Socket::Send(const SharedEvent& packet, bool numbered) {
  if (recovery_ != nullptr) {
    const std::uint64_t number =
        recovery_->log.Append(packet, numbered, recovery_->bookmark, PacketLog::Clock::now());
    if (state_ != State::kAway) client_.Send(Addressed({number, packet, numbered, recovery_->bookmark}));
  } else if (name_space_ == "/") {
    // By far the most, and as they were encoded for everybody.
    client_.Send(packet->messages());
  } else {
    client_.Send(Addressed(*packet, std::nullopt));
  }
}

std::vector<engineio::Message> Socket::Addressed(const EncodedEvent& packet,
                                                 const std::optional<std::string>& offset) {
  return AddressPacket(packet.messages(), name_space_, offset);
}

std::vector<engineio::Message> Socket::Addressed(const PacketLog::Entry& entry) {
  if (!entry.numbered) return Addressed(*entry.packet, std::nullopt);
  return Addressed(*entry.packet, ToText({entry.number, recovery_->life, entry.bookmark}));
}

void Socket::Disconnect(bool close_connection) {
  if (!connected()) return;
  const auto self = shared_from_this();
  client_.Call([self, close_connection](Client& client) {
    client.Send({EncodePacket(PacketType::kDisconnect, self->name_space_, "")});
    client.Release(*self);
    if (close_connection) client.CloseConnection();
  });
  End("server namespace disconnect");
}

void Socket::CloseConnection() {
  if (!connected()) return;
  // At once, also when its client lives on another worker: nobody may come back to it any more.
  client_.Call([self = shared_from_this()](Client& client) {
    client.Release(*self);
    client.CloseConnection();
  });
  End("forced server close");
}

void Socket::Start(std::shared_ptr<SocketHandler> handler) {
  if (connected()) {
    handler_ = std::move(handler);
    if (recovery_ != nullptr) recovery_->table.Insert(recovery_->pid, shared_from_this());
  } else {
    handler->OnDisconnect(disconnect_reason_);  // it went away while the application looked at it
  }
}

void Socket::Receive(std::uint64_t connection, Packet packet) {
  if (worker_.IsCurrent()) {
    if (connection == connection_ && state_ == State::kConnected) Dispatch(std::move(packet));
    return;
  }
  boost::asio::post(worker_.executor(),
                    [self = shared_from_this(), connection, packet = std::move(packet)]() mutable {
                      self->Receive(connection, std::move(packet));
                    });
}

void Socket::Dispatch(Packet packet) {
  if (packet.type == PacketType::kAck) {
    if (packet.data.is_null()) packet.data = json::array();
    const auto awaited = packet.id.has_value() ? awaited_acks_.extract(*packet.id) : AwaitedAcks::node_type();
    if (!awaited.empty()) awaited.mapped()(packet.data);
    return;
  }
  if (packet.data.is_null()) return;  // an event without a name is in order, and nobody's
  Event event;
  const json& name = packet.data.front();
  event.name = name.is_string() ? name.get<std::string>() : name.dump();
  packet.data.erase(packet.data.begin());
  event.args = std::move(packet.data);
  event.defect = packet.defect;
  if (packet.id.has_value()) event.ack = MakeAck(*packet.id);
  const std::shared_ptr<SocketHandler> handler = handler_;
  handler->OnEvent(std::move(event));
}

Ack Socket::MakeAck(std::uint64_t id) {
  // Copies of the function share what makes it work only once.
  auto socket = std::make_shared<std::weak_ptr<Socket>>(weak_from_this());
  return [socket = std::move(socket), id](const ArgumentList& args) {
    const auto self = std::exchange(*socket, {}).lock();
    if (self == nullptr || !self->connected()) return;
    self->Send(std::make_shared<const EncodedEvent>(EncodeAckPacket(id, args)), false);
  };
}

void Socket::EndConnection(std::uint64_t connection, std::string_view reason, bool may_return) {
  boost::asio::dispatch(worker_.executor(), [self = shared_from_this(), connection, reason, may_return] {
    if (connection != self->connection_ || self->state_ != State::kConnected) return;
    if (self->recovery_ == nullptr || !may_return) return self->End(reason);
    self->disconnect_reason_ = reason;
    self->AwaitReturn();
    if (const auto handler = self->handler_) handler->OnConnectionLost();
  });
}

void Socket::AwaitReturn() {
  state_ = State::kAway;
  client_ = ClientLink();
  recovery_->timer.expires_after(recovery_->grace);
  recovery_->timer.async_wait(
      [weak = weak_from_this(), connection = connection_](const boost::system::error_code& error) {
        const auto self = weak.lock();
        // It may have come back, and gone again, when the timer had expired already.
        if (error || self == nullptr || connection != self->connection_) return;
        if (self->state_ == State::kAway) self->End(self->disconnect_reason_);
      });
}

void Socket::Recover(std::weak_ptr<Client> client, server::Worker& client_worker,
                     std::optional<Offset> received, json auth) {
  boost::asio::dispatch(worker_.executor(),
                        [self = shared_from_this(), client = std::move(client), &client_worker,
                         received = std::move(received), auth = std::move(auth)]() mutable {
                          self->RecoverHere(client, client_worker, received, std::move(auth));
                        });
}

void Socket::RecoverHere(const std::weak_ptr<Client>& client, server::Worker& client_worker,
                         const std::optional<Offset>& received, json auth) {
  const auto self = shared_from_this();
  const ClientLink link =
      &client_worker == &worker_ ? ClientLink(*client.lock()) : ClientLink(client, client_worker);
  const bool counted_here =
      connected() && received.has_value() && (received->life.empty() || received->life == recovery_->life);
  const auto missed = counted_here ? recovery_->log.After(received->number) : std::nullopt;
  if (!missed.has_value()) {
    // The client may have been here and gone on by another process since, and know only what that has told
    // it.
    const bool from_elsewhere = received.has_value() && !received->bookmark.empty() &&
                                (!connected() || received->life != recovery_->life);
    if (connected()) {
      client_.Call([self](Client& abandoned) {
        abandoned.Release(*self);
        abandoned.CloseConnection();
      });
      End(state_ == State::kAway ? disconnect_reason_ : "transport close");
    }
    return link.Call(
        [name_space = name_space_, from_elsewhere, received, auth = std::move(auth)](Client& newcomer) {
          if (!from_elsewhere) return newcomer.ConnectAnew(name_space, auth);
          newcomer.RecoverElsewhere(name_space, auth.at("pid").get<std::string>(), received->bookmark, auth);
        });
  }

  // The connection that it had may not have been found dead yet.
  client_.Call([self](Client& abandoned) {
    abandoned.Release(*self);
    abandoned.CloseConnection();
  });
  recovery_->timer.cancel();
  state_ = State::kConnected;
  client_ = link;
  const std::uint64_t connection = ++connection_;
  boost::asio::dispatch(client_worker.executor(), [self, client, connection] {
    const std::shared_ptr<Client> alive = client.lock();
    if (alive == nullptr || !alive->Adopt(self, connection)) {
      self->EndConnection(connection, "transport close", true);
    }
  });
  for (const PacketLog::Entry& entry : *missed) {
    client_.Send(Addressed(entry));
  }
  client_.Send({EncodePacket(PacketType::kConnect, name_space_, ConnectPayload())});
  if (const auto handler = handler_) handler->OnConnectionRecovered();
}

void Socket::EndAbsence(std::string_view reason) {
  boost::asio::dispatch(worker_.executor(), [self = shared_from_this(), reason] {
    if (self->state_ == State::kAway) self->End(reason);
  });
}

void Socket::End(std::string_view reason) {
  const auto self = shared_from_this();
  disconnect_reason_ = reason;
  if (const auto handler = Abandon()) handler->OnDisconnect(reason);
}

std::shared_ptr<SocketHandler> Socket::Abandon() {
  state_ = State::kDisconnected;
  client_ = ClientLink();
  awaited_acks_.clear();
  if (recovery_ != nullptr) {
    recovery_->timer.cancel();
    recovery_->table.Remove(recovery_->pid, *this);
    recovery_ = nullptr;
  }
  return std::exchange(handler_, nullptr);
}

}  // namespace parley::socketio
