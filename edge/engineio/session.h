#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edge/engineio/close_reason.h"
#include "edge/engineio/handler.h"
#include "edge/engineio/heartbeat.h"
#include "edge/engineio/message.h"
#include "edge/engineio/options.h"
#include "edge/engineio/packet.h"
#include "edge/engineio/polling_transport.h"
#include "edge/engineio/protocol.h"
#include "edge/server/exchange.h"
#include "edge/server/worker.h"
#include "edge/websocket/frame.h"

namespace parley::engineio {

class Probe;
class Registry;
class WebSocketTransport;

/// One Engine.IO session: a queue of messages each way over one transport at a time, first HTTP polls or a
/// WebSocket, kept under watch by a heartbeat. It knows nothing of what the messages mean. Worker thread
/// only.
///
/// The registry owns it and lets go of it when it is over; that, and everything else that ends a session,
/// happens in Terminate.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = Heartbeat::Clock;

  /// What a handshake settles.
  struct Handshake {
    std::string sid;
    Protocol protocol;
    std::string remote_address;
    Clock::time_point time;  // when the heartbeat begins
  };

  /// `registry`, `options` and `worker` outlive it.
  Session(Handshake handshake, server::Worker& worker, Registry& registry, const Options& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// A secret of the client's: it is never logged nor told anybody else.
  const std::string& sid() const { return handshake_.sid; }
  Protocol protocol() const { return handshake_.protocol; }
  const std::string& remote_address() const { return handshake_.remote_address; }
  server::Worker& worker() const { return worker_; }

  // ---- For the handler, until its OnClose.

  /// Queues a message. Never calls the handler.
  void Send(const Message& message);

  /// Ends the session once what is queued has been taken; a polling client learns it with its next poll. The
  /// handler's OnClose(kForcedClose) is called before this returns.
  void Close();

  // ---- For the server.

  /// Begins a session over polling and answers its first poll. `permit` is held for as long as it polls.
  void OpenPolling(PollingTransport transport, limits::Permit permit, std::shared_ptr<server::Exchange> poll,
                   std::shared_ptr<Handler> handler);
  /// Begins a session over a WebSocket, whose handshake is yet to be completed.
  void OpenWebSocket(std::shared_ptr<WebSocketTransport> transport, std::shared_ptr<Handler> handler);

  void OnPoll(std::shared_ptr<server::Exchange> poll);
  void OnPost(std::shared_ptr<server::Exchange> post);
  /// The body of a post is under way, and no longer so; not called for one that arrives whole.
  void OnPostBegins();
  void OnPostEnds(server::BodyEnd end);
  /// Takes a WebSocket that may become the session's transport. False: there can be none (any more).
  bool OnProbe(std::shared_ptr<WebSocketTransport> transport);

  /// Does what is due by now, so that a client finds its session gone on time, however late the timer is.
  void CatchUp(Clock::time_point now);

  /// Ends the session at once because the server does.
  void Shutdown();

  bool over_websocket() const { return websocket_ != nullptr; }

  // ---- For the WebSocket transport.

  void OnTransportOpen(WebSocketTransport& transport);
  void OnTransportFrame(WebSocketTransport& transport, std::string_view payload, bool binary);
  void OnTransportClosed(WebSocketTransport& transport, CloseReason reason);

 private:
  enum class State {
    kOpening,  // a WebSocket's handshake isn't complete
    kOpen,
    kClosing,  // over for the handler, but the client is still to be told by an answer to its next poll
    kClosed,
  };

  std::string OpenPacket() const;
  /// What sets the cookie of Options::cookie; empty: nothing.
  std::string Cookie(bool secure) const;
  void Start(std::shared_ptr<Handler> handler);

  void OnPacket(const Packet& packet);
  void OnProbeFrame(std::string_view payload, bool binary);
  void ReleasePoll();
  void CompleteUpgrade();
  void DropProbe();

  void SendFrame(websocket::SharedFrame frame);
  void ScheduleFlush();
  void FlushToPoll();

  /// The client broke off what it polls with, which is of no account once it has moved to a WebSocket.
  void FailPolling();
  void CloseSlowConsumer();
  void Terminate(CloseReason reason, PacketType goodbye = PacketType::kClose);
  void NotifyClosed();

  Clock::time_point NextDeadline() const;
  void ArmTimer();

  // Constant after construction.
  const Handshake handshake_;
  server::Worker& worker_;
  Registry& registry_;
  const Options& options_;

  State state_ = State::kOpening;
  CloseReason close_reason_ = CloseReason::kForcedClose;  // the first one counts
  std::shared_ptr<Handler> handler_;                      // null once it has heard OnClose

  std::unique_ptr<PollingTransport> polling_;
  limits::Permit polling_permit_;
  std::shared_ptr<WebSocketTransport> websocket_;
  std::unique_ptr<Probe> probe_;

  std::size_t posts_under_way_ = 0;

  // What waits for a poll.
  std::vector<websocket::SharedFrame> queue_;
  limits::QueuedBytes queued_bytes_;
  bool flush_scheduled_ = false;

  Heartbeat heartbeat_;
  Clock::time_point closing_deadline_;
  server::Timer timer_;
  Clock::time_point timer_due_ = Clock::time_point::max();
};

}  // namespace parley::engineio
