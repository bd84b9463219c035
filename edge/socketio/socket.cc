#include "edge/socketio/socket.h"

#include <utility>

#include "edge/socketio/client.h"
#include "edge/socketio/encoder.h"

namespace parley::socketio {

using nlohmann::json;

Socket::Socket(Client& client, std::string id)
    : id_(std::move(id)),
      worker_(client.session().worker()),
      remote_address_(client.session().remote_address()),
      protocol_(client.session().protocol()),
      client_(&client) {}

void Socket::Emit(std::string_view name, const json& args) {
  if (connected()) client_->Send(EncodeEventPacket(name, args, std::nullopt));
}

void Socket::Emit(const SharedEvent& event) {
  if (connected()) client_->Send(event->messages());
}

void Socket::EmitWithAck(std::string_view name, const json& args,
                         std::function<void(const json& args)> on_answer) {
  if (!connected()) return;
  const std::vector<engineio::Message> messages = EncodeEventPacket(name, args, next_ack_id_);
  awaited_acks_.emplace(next_ack_id_++, std::move(on_answer));
  client_->Send(messages);
}

void Socket::Disconnect(bool close_connection) {
  const auto self = shared_from_this();
  if (connected()) client_->DisconnectSocket(close_connection);
}

void Socket::CloseConnection() {
  const auto self = shared_from_this();
  if (connected()) client_->CloseConnection();
}

void Socket::Start(std::shared_ptr<SocketHandler> handler) {
  if (connected()) {
    handler_ = std::move(handler);
  } else {
    handler->OnDisconnect(disconnect_reason_);  // it went away while the application looked at it
  }
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
  return [socket = std::move(socket), id](const json& args) {
    const auto self = std::exchange(*socket, {}).lock();
    if (self != nullptr && self->connected()) self->client_->Send(EncodeAckPacket(id, args));
  };
}

void Socket::Detach(std::string_view reason) {
  const auto self = shared_from_this();
  disconnect_reason_ = reason;
  if (const auto handler = Abandon()) handler->OnDisconnect(reason);
}

std::shared_ptr<SocketHandler> Socket::Abandon() {
  client_ = nullptr;
  awaited_acks_.clear();
  return std::exchange(handler_, nullptr);
}

}  // namespace parley::socketio
