#include "edge/socketio/client.h"

#include <algorithm>
#include <utility>

#include "edge/engineio/token.h"
#include "edge/socketio/encoder.h"
#include "edge/socketio/socket.h"

namespace parley::socketio {

using nlohmann::json;

Client::Client(engineio::Session& session, Application& application, const Options& options)
    : session_(session), application_(application), options_(options), decoder_(options.max_json_depth) {}

Client::~Client() {
  // Only when the server went away under the connection: nobody is left to be told.
  if (socket_ != nullptr) socket_->Abandon();
}

void Client::OnOpen() {
  if (session_.protocol() == engineio::Protocol::kV3) {
    // Such clients don't ask; they are connected to "/" by connecting at all.
    Connect(json::object());
    return;
  }
  connect_timer_ = std::make_unique<server::Timer>(session_.worker().executor(), options_.connect_timeout);
  connect_timer_->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    // The timer is gone once the client has connected, also when it had expired already.
    if (!error && self != nullptr && self->connect_timer_ != nullptr) self->Close("forced server close");
  });
}

void Client::OnMessage(std::string_view text) {
  Packet packet;
  const Decoder::Result result = decoder_.AddText(text, packet);
  OnDecoded(result, std::move(packet));
}

void Client::OnBinary(std::string_view bytes) {
  Packet packet;
  const Decoder::Result result = decoder_.AddBinary(bytes, packet);
  OnDecoded(result, std::move(packet));
}

void Client::OnDecoded(Decoder::Result result, Packet packet) {
  if (result == Decoder::Result::kInvalid) return Close("forced close");
  if (result == Decoder::Result::kIncomplete) return;
  if (session_.protocol() == engineio::Protocol::kV3) {
    // Older clients hand over parameters in a query behind the namespace.
    packet.name_space.resize(std::min(packet.name_space.find('?'), packet.name_space.size()));
  }
  const bool connect = packet.type == PacketType::kConnect;
  if (packet.name_space != "/") {
    if (!connect) return Close("forced server close");
    return session_.Send(EncodeInvalidNamespace(packet.name_space));
  }
  if (connect && socket_ == nullptr) {
    return Connect(packet.data.is_null() ? json::object() : std::move(packet.data));
  }
  if (connect || socket_ == nullptr || packet.type == PacketType::kConnectError)
    return Close("forced server close");
  if (packet.type == PacketType::kDisconnect) return DetachSocket("client namespace disconnect");
  const std::shared_ptr<Socket> socket = socket_;
  socket->Dispatch(std::move(packet));
}

void Client::Connect(const json& auth) {
  connect_timer_ = nullptr;
  const auto socket = std::make_shared<Socket>(*this, engineio::RandomToken());
  socket_ = socket;
  if (session_.protocol() == engineio::Protocol::kV3) {
    session_.Send(EncodePacket(PacketType::kConnect, ""));
  } else {
    session_.Send(EncodePacket(PacketType::kConnect, R"({"sid":")" + socket->id() + R"("})"));
  }
  socket->Start(application_.OnConnect(socket, auth));
}

void Client::OnClose(engineio::CloseReason reason) {
  closed_ = true;
  connect_timer_ = nullptr;
  DetachSocket(forced_reason_.empty() ? ToString(reason) : forced_reason_);
}

void Client::Send(const std::vector<engineio::Message>& messages) {
  for (const engineio::Message& message : messages) session_.Send(message);
}

void Client::DisconnectSocket(bool close_connection) {
  const auto self = shared_from_this();
  session_.Send(EncodePacket(PacketType::kDisconnect, ""));
  DetachSocket("server namespace disconnect");
  if (close_connection) Close("forced server close");
}

void Client::DetachSocket(std::string_view reason) {
  if (const auto socket = std::exchange(socket_, nullptr)) socket->Detach(reason);
}

void Client::Close(std::string_view reason) {
  if (closed_) return;
  forced_reason_ = reason;
  session_.Close();
}

}  // namespace parley::socketio
