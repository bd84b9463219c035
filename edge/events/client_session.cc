#include "edge/events/client_session.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "common/log/log.h"
#include "edge/events/event_metrics.h"
#include "edge/events/session_tracker.h"
#include "edge/translate/json_object.h"
#include "edge/translate/refusal.h"

namespace parley::edge {

namespace net = boost::asio;
using nlohmann::json;

namespace {

/// What a client may have sent before its earlier events are worked off; a single event may be larger. Beyond
/// it events are refused.
constexpr std::size_t kMaxQueuedBytes = 4'000'000;
/// What the events of all clients may take that wait; beyond it each client may have but a few waiting.
constexpr std::size_t kMaxQueuedBytesOfAll = 128'000'000;
constexpr std::size_t kFewQueuedBytes = 16'000;
/// What an event takes besides its name and its arguments. So no more than 8,000 wait.
constexpr std::size_t kEventBytes = 500;

/// The part of a connection's id that tells it from others of the same client, in hexadecimal digits. A
/// client has few connections.
constexpr std::size_t kOwnPartLength = 12;

/// The part that all connections of the socket's client have, also those that it has by other edges.
std::string SharedPart(const socketio::Socket& socket) { return socket.id() + '.'; }

/// About what `value` holds in memory.
std::size_t SizeOf(const json& value) {
  std::size_t size = sizeof(json);
  if (value.is_string()) {
    size += value.get_ref<const std::string&>().size();
  } else if (value.is_binary()) {
    size += value.get_binary().size();
  } else if (value.is_object()) {
    constexpr std::size_t kNodeBytes = 80;
    for (const auto& [name, member] : value.items()) size += kNodeBytes + name.size() + SizeOf(member);
  } else if (value.is_array()) {
    for (const json& element : value) size += SizeOf(element);
  }
  return size;
}

absl::Status StatusOf(socketio::Defect defect) {
  switch (defect) {
    case socketio::Defect::kNone:
      return absl::OkStatus();
    case socketio::Defect::kTooDeep:
      return InvalidField("arguments", "are nested too deep");
    case socketio::Defect::kLoneSurrogate:
      return InvalidField("arguments", "hold half a surrogate pair");
  }
  return absl::OkStatus();
}

/// R of the contract.
std::string ToAnswer(const EventResult& result) {
  JsonObject answer;
  if (result.status.ok()) {
    answer.Boolean("success", true).Null("error").Number("status", 200);
    if (!result.data.empty()) answer.Json("data", result.data);
    return answer.Take();
  }
  const Refusal refusal = ToRefusal(result.status);
  return answer.Boolean("success", false)
      .Text("error", refusal.error)
      .Number("status", refusal.status)
      .Text("code", refusal.code)
      .Take();
}

/// The code by which older clients know that joining failed.
std::string ToOlderCode(const Refusal& refusal) { return "J" + std::to_string(refusal.status); }

}  // namespace

ClientSession::ClientSession(const Services& services, std::shared_ptr<socketio::Socket> socket)
    : services_(services),
      socket_(std::move(socket)),
      connection_id_(SharedPart(*socket_) + services.ids.Key().substr(0, kOwnPartLength)) {
  services_.tracker.Opened();
}

ClientSession::~ClientSession() {
  DropEvents();
  services_.tracker.Closed();
}

void ClientSession::OnEvent(socketio::Event event) {
  const std::size_t size = kEventBytes + event.name.size() + SizeOf(event.args);
  // A refusal doesn't wait behind those whose number it is to bound.
  if (const std::optional<limits::Limit> limit = OverLimit(size)) return RefuseTooFast(event, *limit);
  Enqueue(std::move(event), size);
  Start();
}

void ClientSession::Enqueue(socketio::Event event, std::size_t size) {
  socket_->event_allowance().queued_bytes += size;
  services_.tracker.AddQueuedBytes(static_cast<std::ptrdiff_t>(size));
  events_.push_back({std::move(event), size});
}

socketio::Event ClientSession::TakeEvent() {
  QueuedEvent queued = std::move(events_.front());
  events_.pop_front();
  socket_->event_allowance().queued_bytes -= queued.size;
  services_.tracker.AddQueuedBytes(-static_cast<std::ptrdiff_t>(queued.size));
  return std::move(queued.event);
}

void ClientSession::DropEvents() {
  while (!events_.empty()) TakeEvent();
}

std::optional<limits::Limit> ClientSession::OverLimit(std::size_t size) {
  limits::EventAllowance& allowance = socket_->event_allowance();
  if (!allowance.rate.Take(services_.event_rate, limits::TokenBucket::Clock::now()))
    return limits::Limit::kEventRatePerSocket;
  const bool many_wait = services_.tracker.queued_bytes() > kMaxQueuedBytesOfAll;
  const std::size_t most = many_wait ? kFewQueuedBytes : kMaxQueuedBytes;
  if (allowance.queued_bytes > 0 && allowance.queued_bytes + size > most)
    return limits::Limit::kQueuedEventBytes;
  return std::nullopt;
}

void ClientSession::OnConnectionLost() {
  present_ = false;
  Start();
}

void ClientSession::OnConnectionRecovered() {
  present_ = true;
  Start();
}

void ClientSession::OnDisconnect(std::string_view reason) {
  log::Debug("client disconnected", {{"socket_id", socket_->id()}, {"reason", reason}});
  disconnected_ = true;
  present_ = false;
  said_goodbye_ = reason == "client namespace disconnect" || reason == "server namespace disconnect";
  stopping_ = reason == "server shutting down";
  // What has come still takes effect: it may be what somebody said last before closing a page. Whoever is
  // sent away by the edge's end knows what was not answered, and asks the next one.
  if (stopping_) DropEvents();
  Detach();
  Start();
}

void ClientSession::Start() {
  if (running_) return;
  running_ = true;
  net::co_spawn(
      socket_->worker().executor(), [self = shared_from_this()] { return self->Run(); },
      [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
}

net::awaitable<void> ClientSession::Run() {
  for (;;) {
    // What a client has sent before its end is done before that is told.
    if (present_ != told_present_ && !(disconnected_ && !events_.empty())) {
      co_await TellPresence();
    } else if (!events_.empty()) {
      co_await HandleEvent(TakeEvent());
    } else {
      break;
    }
  }
  running_ = false;
}

net::awaitable<void> ClientSession::HandleEvent(socketio::Event event) {
  EventResult result;
  const EventFunction function = FindEvent(event.name);
  if (event.defect != socketio::Defect::kNone) {
    result = StatusOf(event.defect);
  } else if (function == nullptr) {
    // A client that doesn't ask for an answer is newer or older than this server, and can do without.
    if (!event.ack) co_return;
    result = MakeError(kUnknownEvent);
  } else {
    result = co_await (this->*function)(Arguments(std::move(event.args)));
  }
  CountEvent(function == nullptr ? "unknown" : event.name, result.status.ok());
  // Its leaving can't wait for as long as each of the others might take.
  if (disconnected_ && absl::IsUnavailable(result.status)) DropEvents();
  Answer(event, result);
  if (result.then) result.then();
}

void ClientSession::Answer(const socketio::Event& event, const EventResult& result) {
  if (!result.status.ok()) {
    log::Debug("event refused",
               {{"event", event.name}, {"socket_id", socket_->id()}, {"cause", result.status.ToString()}});
    const bool joining = event.name == "join-room";
    const Refusal refusal = ToRefusal(result.status);
    if (joining || !event.ack) {
      socket_->Emit("error", json::array({{{"event", event.name},
                                           {"code", refusal.code},
                                           {"status", refusal.status},
                                           {"message", refusal.error}}}));
    }
    if (joining) socket_->Emit("error-event", json::array({"join", refusal.error, ToOlderCode(refusal)}));
  }
  if (event.ack) event.ack(socketio::JsonText(JsonArray::Of(ToAnswer(result))));
}

void ClientSession::RefuseTooFast(const socketio::Event& event, limits::Limit limit) {
  limits::CountRefused(limit);
  const bool known = FindEvent(event.name) != nullptr;
  CountEvent(known ? event.name : "unknown", false);
  const limits::LimitText& text = limits::TextOf(limit);
  if (known || event.ack)
    Answer(event, MakeError(absl::StatusCode::kResourceExhausted, text.code, text.error));
}

void ClientSession::Detach() {
  if (member_) services_.broadcaster.Detach(std::exchange(member_, nullptr));
}

void ClientSession::OnNews(const socketio::SharedEvent& event) {
  MarkPosition();
  socket_->Emit(event);
}

void ClientSession::OnRoomDestroyed() {
  Detach();
  participation_.reset();
}

void ClientSession::OnGivenUp() {
  log::Warning("participant was given up", {{"socket_id", socket_->id()}});
  Detach();
  participation_.reset();
  // It comes back as a new one.
  socket_->CloseConnection();
}

void ClientSession::OnReconnected(const std::string& connection_id) {
  if (connection_id == connection_id_) return;
  const bool by_same_client = connection_id.starts_with(SharedPart(*socket_));
  log::Info("participant has moved to another connection",
            {{"socket_id", socket_->id()}, {"by_same_client", by_same_client}});
  Detach();
  participation_.reset();
  if (by_same_client) {
    // It may have given up the attempt by which it seems to be elsewhere. Then it has to come back by itself.
    socket_->CloseConnection();
  } else {
    socket_->Disconnect(true);
  }
}

void ClientSession::OnEventsMissed() {
  log::Warning("client closed because it missed events", {{"socket_id", socket_->id()}});
  socket_->CloseConnection();
}

}  // namespace parley::edge
