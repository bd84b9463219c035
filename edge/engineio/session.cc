#include "edge/engineio/session.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

#include "edge/engineio/probe.h"
#include "edge/engineio/registry.h"
#include "edge/engineio/session_metrics.h"
#include "edge/engineio/websocket_transport.h"

namespace parley::engineio {
namespace {

// python-engineio drops a client that receives more packets than this in one response.
constexpr std::size_t kMaxPacketsPerPoll = 16;
// What a queued packet costs besides its bytes, so that a cap in bytes also bounds millions of empty ones.
constexpr std::size_t kQueueOverhead = 32;

constexpr std::uint16_t kNormalClosure = 1000;
// Also of an edge that is replaced: socket.io-client 1 takes the younger 1012, "service restart", for an
// invalid frame.
constexpr std::uint16_t kGoingAway = 1001;

/// The packets without data, shared by all sessions.
const websocket::SharedFrame& BareFrame(PacketType type) {
  static const std::vector<websocket::SharedFrame> frames = [] {
    std::vector<websocket::SharedFrame> all;
    for (char digit = '0'; digit <= '6'; ++digit)
      all.push_back(websocket::Frame::Text(std::string(1, digit)));
    return all;
  }();
  return frames[static_cast<std::size_t>(static_cast<char>(type) - '0')];
}

}  // namespace

Session::Session(Handshake handshake, server::Worker& worker, Registry& registry, const Options& options)
    : handshake_(std::move(handshake)),
      worker_(worker),
      registry_(registry),
      options_(options),
      queued_bytes_(options.queue_budget),
      heartbeat_(handshake_.protocol, options.ping_interval, options.ping_timeout, handshake_.time),
      timer_(worker.executor()) {
  CountSessionBegun();
}

Session::~Session() {
  // Only when the server goes away under a session: nobody is left to be told.
  DropProbe();
  if (websocket_ != nullptr) websocket_->Close(kGoingAway);
  CountSessionGone();
}

void Session::OpenPolling(PollingTransport transport, limits::Permit permit,
                          std::shared_ptr<server::Exchange> poll, std::shared_ptr<Handler> handler) {
  polling_permit_ = std::move(permit);
  polling_ = std::make_unique<PollingTransport>(std::move(transport));
  const bool secure = poll->secure();
  polling_->Park(std::move(poll), nullptr);
  polling_->Answer({websocket::Frame::Text(OpenPacket())}, Cookie(secure));
  Start(std::move(handler));
}

void Session::OpenWebSocket(std::shared_ptr<WebSocketTransport> transport, std::shared_ptr<Handler> handler) {
  websocket_ = std::move(transport);
  handler_ = std::move(handler);
  ArmTimer();
}

void Session::OnTransportOpen(WebSocketTransport& transport) {
  if (&transport != websocket_.get() || state_ != State::kOpening) return;
  const auto self = shared_from_this();
  transport.Send(websocket::Frame::Text(OpenPacket()));
  Start(std::move(handler_));
}

std::string Session::OpenPacket() const {
  return absl::StrCat(R"(0{"sid":")", sid(), R"(","upgrades":[)", over_websocket() ? "" : R"("websocket")",
                      R"(],"pingInterval":)", options_.ping_interval.count(), R"(,"pingTimeout":)",
                      options_.ping_timeout.count(), R"(,"maxPayload":)", options_.max_http_buffer_size, "}");
}

std::string Session::Cookie(bool secure) const {
  if (options_.cookie.empty()) return {};
  return absl::StrCat(options_.cookie, "=", sid(), "; Path=/; HttpOnly", secure ? "; Secure" : "",
                      "; SameSite=Lax");
}

void Session::Start(std::shared_ptr<Handler> handler) {
  state_ = State::kOpen;
  handler_ = handler;
  ArmTimer();
  handler->OnOpen();
}

void Session::Send(const Message& message) {
  if (state_ == State::kOpen) SendFrame(message.frame(protocol()));
}

void Session::SendFrame(websocket::SharedFrame frame) {
  if (websocket_ != nullptr) {
    websocket_->Send(frame);
    return;
  }
  const std::size_t size = frame->payload().size() + kQueueOverhead;
  const bool may_wait =
      queued_bytes_.get() + size <= options_.max_queued_bytes && queued_bytes_.MayGrow(size);
  queued_bytes_.Set(queued_bytes_.get() + size);
  queue_.push_back(std::move(frame));
  // What a parked poll will take at once doesn't wait.
  const bool waits = !polling_->parked() || queue_.size() > kMaxPacketsPerPoll;
  if (waits && !may_wait) {
    CloseSlowConsumer();
  } else if (polling_->parked()) {
    ScheduleFlush();
  }
}

void Session::ScheduleFlush() {
  // Not at once: what is sent in the same turn of the loop can leave in the same response.
  if (std::exchange(flush_scheduled_, true)) return;
  boost::asio::post(worker_.executor(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->flush_scheduled_ = false;
    if (self->polling_ != nullptr && self->polling_->parked() && !self->queue_.empty()) self->FlushToPoll();
  });
}

void Session::FlushToPoll() {
  const std::size_t count = std::min(queue_.size(), kMaxPacketsPerPoll);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  const std::vector<websocket::SharedFrame> frames(std::make_move_iterator(queue_.begin()),
                                                   std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  std::size_t taken = 0;
  for (const auto& frame : frames) taken += frame->payload().size() + kQueueOverhead;
  queued_bytes_.Set(queued_bytes_.get() - taken);
  polling_->Answer(frames);
}

void Session::OnPoll(std::shared_ptr<server::Exchange> poll) {
  if (polling_->parked()) {
    polling_->Refuse(*poll);
    Terminate(CloseReason::kTransportError);
    return;
  }
  polling_->Park(std::move(poll), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || self->polling_ == nullptr || !self->polling_->parked()) return;
    self->polling_->Drop();
    self->Terminate(CloseReason::kTransportError);
  });
  // Dropped at once when the client has gone away already.
  if (!polling_->parked()) return;
  if (!queue_.empty()) {
    FlushToPoll();
  } else if (state_ == State::kClosing) {
    polling_->Answer({BareFrame(PacketType::kNoop), BareFrame(PacketType::kClose)});
    Terminate(close_reason_);
  } else if (probe_ != nullptr && probe_->confirmed()) {
    ReleasePoll();
  }
}

void Session::OnPostBegins() {
  // A client's posts come one after another, or its packets would have no order.
  if (++posts_under_way_ > 1) FailPolling();
}

void Session::OnPostEnds(server::BodyEnd end) {
  --posts_under_way_;
  // Part of what the client has said is lost, and what it says next must not be taken for its continuation.
  if (end == server::BodyEnd::kCutOff) FailPolling();
}

void Session::FailPolling() {
  if (!over_websocket()) Terminate(CloseReason::kTransportError);
}

void Session::OnPost(std::shared_ptr<server::Exchange> post) {
  if (posts_under_way_ > 0) {
    polling_->Refuse(*post);
    Terminate(CloseReason::kTransportError);
    return;
  }
  const auto result = polling_->Decode(post->request(), [this](const Packet& packet) {
    OnPacket(packet);
    return state_ == State::kOpen;
  });
  if (result == PayloadResult::kMalformed) {
    polling_->Refuse(*post);
    Terminate(CloseReason::kParseError);
    return;
  }
  polling_->Acknowledge(*post);
}

void Session::OnTransportFrame(WebSocketTransport& transport, std::string_view payload, bool binary) {
  const auto self = shared_from_this();
  if (probe_ != nullptr && &transport == probe_->transport().get()) {
    OnProbeFrame(payload, binary);
    return;
  }
  if (&transport != websocket_.get()) return;
  std::string storage;
  const std::optional<Packet> packet =
      binary ? DecodeBinary(protocol(), payload) : DecodeText(protocol(), payload, storage);
  if (packet.has_value()) {
    OnPacket(*packet);
  } else {
    Terminate(CloseReason::kParseError);
  }
}

void Session::OnPacket(const Packet& packet) {
  if (state_ != State::kOpen) return;
  heartbeat_.OnPacket(Clock::now());
  const auto handler = handler_;
  switch (packet.type) {
    case PacketType::kMessage:
      packet.binary ? handler->OnBinary(packet.data) : handler->OnMessage(packet.data);
      return;
    case PacketType::kPing:
      if (protocol() == Protocol::kV4) return Terminate(CloseReason::kTransportError);
      return SendFrame(BareFrame(PacketType::kPong));
    case PacketType::kPong:
      if (protocol() == Protocol::kV3) return Terminate(CloseReason::kTransportError);
      heartbeat_.OnPong(Clock::now());
      return ArmTimer();
    case PacketType::kClose:
      return Terminate(CloseReason::kTransportClose, PacketType::kNoop);
    case PacketType::kOpen:
    case PacketType::kUpgrade:
    case PacketType::kNoop:
      return;
  }
}

void Session::OnTransportClosed(WebSocketTransport& transport, CloseReason reason) {
  const auto self = shared_from_this();
  if (probe_ != nullptr && &transport == probe_->transport().get()) {
    DropProbe();
  } else if (&transport == websocket_.get()) {
    Terminate(reason);
  }
}

bool Session::OnProbe(std::shared_ptr<WebSocketTransport> transport) {
  if (websocket_ != nullptr || probe_ != nullptr || state_ != State::kOpen) return false;
  probe_ = std::make_unique<Probe>(std::move(transport), worker_.executor(), options_.upgrade_timeout,
                                   [this] { DropProbe(); });
  return true;
}

void Session::OnProbeFrame(std::string_view payload, bool binary) {
  switch (probe_->OnFrame(protocol(), payload, binary)) {
    case Probe::Verdict::kConfirmed:
      return ReleasePoll();
    case Probe::Verdict::kUpgrade:
      return CompleteUpgrade();
    case Probe::Verdict::kRejected:
      return DropProbe();
  }
}

void Session::ReleasePoll() {
  // The client completes the upgrade when no poll of its is under way. Every poll is freed until then: one
  // that is parked after the first NOOP would hold the client up until the next ping.
  probe_->ReleasePoll([this] {
    if (!polling_->parked()) return;
    if (queue_.empty()) {
      polling_->Answer({BareFrame(PacketType::kNoop)});
    } else {
      FlushToPoll();
    }
  });
}

void Session::CompleteUpgrade() {
  websocket_ = probe_->transport();
  probe_ = nullptr;
  polling_permit_ = nullptr;
  if (polling_->parked()) polling_->Answer({BareFrame(PacketType::kNoop)});
  for (const websocket::SharedFrame& frame : queue_) websocket_->Send(frame);
  queue_.clear();
  queued_bytes_.Set(0);
  if (state_ == State::kClosing) Terminate(close_reason_);
}

void Session::DropProbe() {
  if (probe_ == nullptr) return;
  // Out of the session first: what it owns may be the very thing that is calling.
  const std::unique_ptr<Probe> probe = std::move(probe_);
  probe->transport()->Close(kNormalClosure);
}

void Session::Close() {
  if (state_ != State::kOpen) return;
  close_reason_ = CloseReason::kForcedClose;
  // A WebSocket is closed after what is queued.
  if (websocket_ != nullptr || (polling_->parked() && queue_.empty())) return Terminate(close_reason_);
  state_ = State::kClosing;
  closing_deadline_ = Clock::now() + options_.close_timeout;
  ArmTimer();
  if (polling_->parked()) FlushToPoll();
  NotifyClosed();
}

void Session::CloseSlowConsumer() {
  state_ = State::kClosing;
  close_reason_ = CloseReason::kSlowConsumer;
  closing_deadline_ = Clock::now() + options_.close_timeout;
  ArmTimer();
  queue_.clear();
  queued_bytes_.Set(0);
  boost::asio::post(worker_.executor(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    if (self->polling_->parked()) self->Terminate(self->close_reason_);
    self->NotifyClosed();
  });
}

void Session::Shutdown() { Terminate(CloseReason::kServerShutdown); }

void Session::Terminate(CloseReason reason, PacketType goodbye) {
  if (state_ == State::kClosed) return;
  if (state_ != State::kClosing) close_reason_ = reason;
  if (state_ == State::kOpening) handler_ = nullptr;  // which has heard nothing yet
  state_ = State::kClosed;
  const auto self = shared_from_this();
  registry_.Remove(sid());
  timer_.cancel();
  polling_permit_ = nullptr;
  DropProbe();
  if (polling_ != nullptr && polling_->parked()) polling_->Answer({BareFrame(goodbye)});
  if (websocket_ != nullptr) {
    websocket_->Close(reason == CloseReason::kServerShutdown ? kGoingAway : kNormalClosure);
  }
  queue_.clear();
  queued_bytes_.Set(0);
  NotifyClosed();
}

void Session::NotifyClosed() {
  const auto handler = std::exchange(handler_, nullptr);
  if (handler == nullptr) return;
  CountClosedSession(close_reason_);
  handler->OnClose(close_reason_);
}

Session::Clock::time_point Session::NextDeadline() const {
  return state_ == State::kClosing ? closing_deadline_ : heartbeat_.deadline();
}

void Session::ArmTimer() {
  // Moving a timer costs more than letting it expire for nothing, and deadlines mostly move away.
  const Clock::time_point due = NextDeadline();
  if (timer_due_ <= due || state_ == State::kClosed) return;
  timer_due_ = due;
  timer_.expires_at(due);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || self == nullptr) return;
    self->timer_due_ = Clock::time_point::max();
    self->CatchUp(Clock::now());
    self->ArmTimer();
  });
}

void Session::CatchUp(Clock::time_point now) {
  if (state_ == State::kClosing) {
    if (now >= closing_deadline_) Terminate(close_reason_);
    return;
  }
  while (state_ != State::kClosed) {
    switch (heartbeat_.Check(now)) {
      case Heartbeat::Due::kNothing:
        return;
      case Heartbeat::Due::kPing:
        SendFrame(BareFrame(PacketType::kPing));
        break;
      case Heartbeat::Due::kDead:
        Terminate(CloseReason::kPingTimeout);
        break;
    }
  }
}

}  // namespace parley::engineio
