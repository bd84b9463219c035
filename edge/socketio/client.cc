#include "edge/socketio/client.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "edge/engineio/query.h"
#include "edge/engineio/token.h"
#include "edge/socketio/encoder.h"
#include "edge/socketio/socket.h"

namespace parley::socketio {

using nlohmann::json;

namespace {

/// Whether a client that is lost for this reason may mean to come back.
bool MayReturn(engineio::CloseReason reason) {
  return reason == engineio::CloseReason::kTransportClose ||
         reason == engineio::CloseReason::kTransportError || reason == engineio::CloseReason::kPingTimeout;
}

// A pid is the socket's id, a dot and a secret: another process that is shown it knows both.
constexpr std::size_t kTokenLength = 22;
constexpr std::size_t kPidLength = 2 * kTokenLength + 1;

std::string MakePid(const std::string& socket_id) { return socket_id + '.' + engineio::RandomToken(); }

bool MayBePid(std::string_view text) {
  if (text.size() != kPidLength) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool ok = i == kTokenLength ? c == '.' : absl::ascii_isalnum(c) || c == '-' || c == '_';
    if (!ok) return false;
  }
  return true;
}

/// What is said to a client whose auth has a defect.
std::string_view RefusalOf(Defect defect) {
  return defect == Defect::kTooDeep
             ? R"({"message":"auth is nested too deep","data":{"code":"INVALID_REQUEST"}})"
             : R"({"message":"auth holds half a surrogate pair","data":{"code":"INVALID_REQUEST"}})";
}

bool IsTrue(const json& object, const char* member) {
  const auto value = object.find(member);
  return value != object.end() && *value == true;
}

}  // namespace

Client::Client(engineio::Session& session, ServerState& state, std::string_view query)
    : session_(session),
      state_(state),
      asks_for_recovery_(engineio::FindParameter(query, "recover") == "1"),
      decoder_(state.options.max_json_depth) {}

Client::~Client() {
  // Only when the server went away under the connection: nobody is left to be told.
  for (const Place& place : places_) {
    if (place.socket != nullptr) place.socket->Abandon();
  }
}

void Client::OnOpen() {
  if (session_.protocol() == engineio::Protocol::kV3) {
    // Such clients don't ask; they are connected to "/" by connecting at all.
    Connect("/", json::object());
    return;
  }
  connect_timer_ =
      std::make_unique<server::Timer>(session_.worker().executor(), state_.options.connect_timeout);
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
  const Place* place = FindPlace(packet.name_space);
  if (connect && place == nullptr && packet.defect != Defect::kNone) {
    // Closing would make clients come back and say the same, without end.
    return session_.Send(
        EncodePacket(PacketType::kConnectError, packet.name_space, RefusalOf(packet.defect)));
  }
  if (connect && place == nullptr) {
    return Connect(packet.name_space, packet.data.is_null() ? json::object() : std::move(packet.data));
  }
  if (connect || place == nullptr || place->socket == nullptr || packet.type == PacketType::kConnectError) {
    return Close("forced server close");
  }
  const std::shared_ptr<Socket> socket = place->socket;
  const std::uint64_t connection = place->connection;
  if (packet.type == PacketType::kDisconnect) {
    Release(*socket);
    return socket->EndConnection(connection, "client namespace disconnect", false);
  }
  socket->Receive(connection, std::move(packet));
}

Client::Place* Client::FindPlace(std::string_view name_space) {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& place) { return place.name_space == name_space; });
  return found == places_.end() ? nullptr : &*found;
}

void Client::Connect(const std::string& name_space, const json& auth) {
  if (state_.applications.find(name_space) == state_.applications.end()) {
    return session_.Send(EncodeInvalidNamespace(name_space));
  }
  if (!MayConnect()) return Close("forced server close");
  connect_timer_ = nullptr;
  const auto pid = auth.find("pid");
  if (pid != auth.end() && pid->is_string() && session_.protocol() == engineio::Protocol::kV4) {
    const std::string& text = pid->get_ref<const std::string&>();
    std::optional<Offset> received = FindOffset(auth);
    const std::shared_ptr<Socket> socket = state_.recovery.Find(text);
    if (socket != nullptr && socket->name_space() == name_space) {
      places_.push_back({name_space, nullptr, 0});
      return socket->Recover(weak_from_this(), session_.worker(), std::move(received), auth);
    }
    const bool may_be_known = MayBePid(text) && received && !received->bookmark.empty();
    if (socket == nullptr && may_be_known && state_.options.reconnect_grace.count() > 0) {
      places_.push_back({name_space, nullptr, 0});
      return RecoverElsewhere(name_space, text, received->bookmark, auth);
    }
  }
  ConnectAnew(name_space, auth);
}

bool Client::MayConnect() {
  limits::Admission* const admission = state_.options.engine.admission;
  if (!std::exchange(has_connected_, true) || admission == nullptr) return true;
  return !admission->AdmitHandshake(session_.remote_address());
}

void Client::RecoverElsewhere(const std::string& name_space, const std::string& pid, std::string bookmark,
                              const json& auth) {
  if (closed_) return;
  const auto socket = std::make_shared<Socket>(*this, name_space, pid.substr(0, kTokenLength));
  AllowRecovery(*socket, pid);
  socket->BeginAway();
  Application& application = *state_.applications.find(name_space)->second;
  application.OnRecover(socket, std::move(bookmark),
                        [weak = weak_from_this(), socket, auth](std::shared_ptr<SocketHandler> handler) {
                          const std::shared_ptr<Client> self = weak.lock();
                          const bool here = self != nullptr && !self->closed_;
                          if (handler == nullptr || !here) {
                            const bool ended = !socket->connected();
                            socket->Abandon();
                            if (handler != nullptr) handler->OnDisconnect("transport close");
                            if (!here) return;
                            // What ended it may have been an attempt that the client has given up: it may try
                            // again.
                            if (ended) return self->CloseConnection();
                            return self->ConnectAnew(socket->name_space(), auth);
                          }
                          socket->Start(std::move(handler));
                          socket->Recover(weak, socket->worker(), Offset(), auth);
                        });
}

bool Client::Adopt(const std::shared_ptr<Socket>& socket, std::uint64_t connection) {
  Place* place = closed_ ? nullptr : FindPlace(socket->name_space());
  if (place == nullptr) return false;
  place->socket = socket;
  place->connection = connection;
  return true;
}

void Client::ConnectAnew(const std::string& name_space, const json& auth) {
  if (closed_) return;
  const auto socket = std::make_shared<Socket>(*this, name_space, engineio::RandomToken());
  const bool may_return = session_.protocol() == engineio::Protocol::kV4 &&
                          state_.options.reconnect_grace.count() > 0 &&
                          (asks_for_recovery_ || IsTrue(auth, "recover"));
  if (may_return) AllowRecovery(*socket, MakePid(socket->id()));
  if (FindPlace(name_space) == nullptr) places_.push_back({name_space, nullptr, 0});
  const bool accepted = Adopt(socket, socket->connection());
  static_cast<void>(accepted);
  const bool told = session_.protocol() == engineio::Protocol::kV4;
  session_.Send(EncodePacket(PacketType::kConnect, name_space, told ? socket->ConnectPayload() : ""));
  socket->Start(state_.applications.find(name_space)->second->OnConnect(socket, auth));
}

void Client::AllowRecovery(Socket& socket, std::string pid) {
  const Options& options = state_.options;
  // A broken connection is noticed after the heartbeat's time at the latest.
  const auto longest_absence =
      options.engine.ping_interval + options.engine.ping_timeout + options.reconnect_grace;
  socket.AllowRecovery(
      std::move(pid), state_.recovery, options.reconnect_grace,
      PacketLog(options.engine.max_queued_bytes, longest_absence, options.engine.queue_budget));
}

void Client::OnClose(engineio::CloseReason reason) {
  closed_ = true;
  connect_timer_ = nullptr;
  const bool may_return = forced_reason_.empty() && MayReturn(reason);
  for (const Place& place : std::exchange(places_, {})) {
    if (place.socket == nullptr) continue;
    place.socket->EndConnection(place.connection, forced_reason_.empty() ? ToString(reason) : forced_reason_,
                                may_return);
  }
}

void Client::Send(const std::vector<engineio::Message>& messages) {
  if (closed_) return;
  for (const engineio::Message& message : messages) session_.Send(message);
}

void Client::Release(const Socket& socket) {
  std::erase_if(places_, [&](const Place& place) { return place.socket.get() == &socket; });
}

void Client::Close(std::string_view reason) {
  if (closed_) return;
  forced_reason_ = reason;
  session_.Close();
}

}  // namespace parley::socketio
