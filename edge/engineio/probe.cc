#include "edge/engineio/probe.h"

#include <optional>
#include <string>
#include <utility>

#include "edge/engineio/packet.h"
#include "edge/engineio/websocket_transport.h"

namespace parley::engineio {
namespace {

constexpr std::chrono::milliseconds kReleaseInterval{100};

}  // namespace

Probe::Probe(std::shared_ptr<WebSocketTransport> transport, const server::Executor& executor,
             std::chrono::milliseconds timeout, std::function<void()> on_timeout)
    : transport_(std::move(transport)), release_timer_(executor), timeout_timer_(executor) {
  timeout_timer_.expires_after(timeout);
  timeout_timer_.async_wait(
      [alive = std::weak_ptr(alive_), on_timeout = std::move(on_timeout)](const auto& error) {
        if (!error && !alive.expired()) on_timeout();
      });
}

Probe::Verdict Probe::OnFrame(Protocol protocol, std::string_view payload, bool binary) {
  if (binary) return Verdict::kRejected;
  std::string storage;
  const std::optional<Packet> packet = DecodeText(protocol, payload, storage);
  if (!packet.has_value()) return Verdict::kRejected;
  if (packet->type == PacketType::kUpgrade) return Verdict::kUpgrade;
  if (packet->type != PacketType::kPing || packet->data != "probe") return Verdict::kRejected;
  static const websocket::SharedFrame answer = websocket::Frame::Text("3probe");
  transport_->Send(answer);
  confirmed_ = true;
  return Verdict::kConfirmed;
}

void Probe::ReleasePoll(std::function<void()> release) {
  const Clock::time_point now = Clock::now();
  if (now >= next_release_) {
    next_release_ = now + kReleaseInterval;
    release();
    return;
  }
  release_timer_.expires_at(next_release_);
  release_timer_.async_wait(
      [this, alive = std::weak_ptr(alive_), release = std::move(release)](const auto& error) {
        if (error || alive.expired()) return;
        next_release_ = Clock::now() + kReleaseInterval;
        release();
      });
}

}  // namespace parley::engineio
