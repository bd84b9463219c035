#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "edge/server/peer.h"
#include "edge/server/pending_answer.h"
#include "edge/server/server_state.h"
#include "edge/server/worker.h"

namespace parley::server {

/// A client's connection, for as long as it speaks HTTP on one worker. One coroutine serves its requests one
/// after another; moving to another worker ends it, and begins another one there. Worker thread only.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
  struct Private {};

 public:
  /// Serves a connection that was just accepted. The permit is held until its socket is closed, or as one
  /// over a limit it is told so.
  static void Start(std::shared_ptr<ServerState> state, Worker& worker, Socket socket, Peer peer,
                    limits::Admitted admitted);

  /// Tells one that is over a limit so without hearing it, and closes it.
  static void TurnAway(std::shared_ptr<ServerState> state, Worker& worker, Socket socket, Peer peer,
                       limits::Limit limit);

  HttpConnection(Private, std::shared_ptr<ServerState> state, Worker& worker, Socket socket, Peer peer);

 private:
  template <class T>
  using Awaitable = boost::asio::awaitable<T, Executor>;
  using Clock = std::chrono::steady_clock;

  /// What it takes along when it moves.
  struct Luggage {
    limits::Admitted admitted;
    std::shared_ptr<void> http_count;
  };

  /// How a refusal is told, and whether the client may be told at all.
  struct Refusal {
    http::status status;
    std::string_view error;
    std::string_view code;
  };

  /// `request` was read on another worker, `read_ahead` after it.
  static void Continue(std::shared_ptr<ServerState> state, Worker& worker, Socket socket, Peer peer,
                       Luggage luggage, Request request, boost::beast::flat_buffer read_ahead);
  void Spawn(Awaitable<void> life);
  Awaitable<void> Run(std::optional<Request> request);
  /// Unless there are too many to be told.
  Awaitable<void> TellLimit(limits::Limit limit, Request header);

  /// nullopt: the connection is over; a client that is to know why has been told.
  Awaitable<std::optional<Request>> ReadRequest(bool first);
  /// Takes an empty line off the beginning of what was read; false: there is none, or `ec` says why it wasn't
  /// complete.
  Awaitable<bool> SkipEmptyLine(boost::system::error_code& ec);
  /// Whether nothing has come of a next request.
  bool IsIdle() const;
  void CloseIfIdle();
  Awaitable<void> Refuse(Refusal refusal, const Request& header);
  Awaitable<void> Refuse(Response response, const Request& header);
  std::optional<Refusal> RefusalFor(boost::system::error_code ec, bool header_done) const;

  /// Whether the request was sent on to another worker; the socket is gone then.
  bool MovedElsewhere(Request& request);

  /// Whether the connection may go on with a next request.
  Awaitable<bool> Serve(Request request);
  /// The address of the client that this connection's peer speaks for, mostly for itself.
  std::string ClientOf(const Request& request) const;
  /// The limit against an upgrade that a proxy passes on; nothing when it is admitted.
  std::optional<limits::Limit> AdmitForwarded(const PendingAnswer& pending);
  void Dispatch(const std::shared_ptr<PendingAnswer>& pending);
  /// Waits for something of the client while its request is being handled: only for the connection's end when
  /// nothing else can follow.
  Awaitable<void> AwaitClient(bool half_closed, boost::system::error_code& ec);
  void HandOver(PendingAnswer& pending);
  bool MayKeepAlive(const Request& request) const;
  Awaitable<bool> Write(Response response, const Request& request);
  Awaitable<void> Linger();

  /// Cancels what is pending on the socket after `timeout`, unless the deadline is moved or lifted.
  void SetDeadline(std::chrono::milliseconds timeout);
  void LiftDeadline() { deadline_ = Clock::time_point::max(); }
  void ArmTimer();

  void Abort();

  // Constant after construction.
  const std::shared_ptr<ServerState> state_;
  Worker& worker_;
  Peer peer_;

  // Worker thread only.
  Socket socket_;
  boost::beast::flat_buffer buffer_;  // Read, but not yet parsed.
  std::shared_ptr<void> lease_;
  Luggage luggage_;
  limits::Permit forwarded_permit_;  // Of a proxy's connection that is about to become a WebSocket.
  bool awaits_header_ = false;
  bool aborted_ = false;

  // One timer that is moved lazily: a request costs no timer operation unless its deadline is sooner than the
  // last.
  Timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point timer_expiry_ = Clock::time_point::max();
  bool timed_out_ = false;
};

}  // namespace parley::server
