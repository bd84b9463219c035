#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <memory>
#include <string_view>

#include "edge/server/peer.h"
#include "edge/server/server_state.h"
#include "edge/server/tls_context.h"
#include "edge/server/worker.h"

namespace parley::server {

/// Stands between a client that speaks TLS and an HttpConnection that doesn't know of it: completes the
/// handshake, and then carries bytes between the client's socket and one end of a local socket pair, whose
/// other end is the connection's. So a connection may move to another worker, become a WebSocket and write
/// without copies as any other, and one without TLS pays nothing. Worker thread only.
///
/// Nothing is read on one side that the other doesn't take, so that a slow reader is felt by the writer.
/// Asio's own TLS stream would hold some 70 KiB for each connection; here an idle one holds no buffer.
class TlsTunnel : public std::enable_shared_from_this<TlsTunnel> {
  struct Private {};

 public:
  /// Takes a connection that was just accepted. The permit is held until the client's socket is closed.
  static void Start(std::shared_ptr<ServerState> state, Worker& worker, TcpSocket socket, Peer peer,
                    limits::Admitted admitted, const TlsContext& tls);

  TlsTunnel(Private, std::shared_ptr<ServerState> state, Worker& worker, TcpSocket socket, Peer peer,
            SslPtr ssl);

 private:
  template <class T>
  using Awaitable = boost::asio::awaitable<T, Executor>;

  Awaitable<void> Run();
  /// Whether it succeeded. Cut short by the timeout of a header.
  Awaitable<bool> Handshake();
  /// Makes the socket pair, and an HttpConnection of its other end.
  boost::system::error_code OpenLocal();

  /// From the client to the connection, until either ends.
  Awaitable<void> CarryIn();
  /// Whether the connection has taken all of `bytes`, which are valid until the first suspension.
  Awaitable<bool> WriteLocal(std::string_view bytes);
  /// From the connection to the client, until either ends.
  Awaitable<void> CarryOut();
  /// Whether the client has taken all of `bytes`, likewise.
  Awaitable<bool> WriteClient(std::string_view bytes);
  /// Waits for what OpenSSL wants; false: its last call failed for good, or the tunnel is closed.
  Awaitable<bool> Retry(int ssl_error);

  /// Tells the client that it has everything.
  Awaitable<void> SayGoodbye();
  /// The connection is gone; the client may still read what it has left behind.
  void OnLocalClosed();
  void StartTimer(std::chrono::milliseconds timeout);
  /// Ends both sides at once.
  void Close();

  // Constant after construction.
  const std::shared_ptr<ServerState> state_;
  Worker& worker_;
  const SslPtr ssl_;

  // Worker thread only.
  Peer peer_;
  TcpSocket client_;
  Socket local_;
  Timer timer_;
  std::shared_ptr<void> lease_;
  limits::Admitted admitted_;
  bool said_goodbye_ = false;
  bool local_closed_ = false;
  bool timed_out_ = false;
};

}  // namespace parley::server
