#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "edge/server/peer.h"
#include "edge/server/server_state.h"
#include "edge/server/worker.h"

namespace parley::server {

class TlsContext;

/// One listening socket, whose accepted connections go to the workers in turn.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  /// Listens at `endpoint`; throws boost::system::system_error when that is not possible. `worker` runs the
  /// acceptor. With `tls`, clients must speak TLS.
  Listener(std::shared_ptr<ServerState> state, Worker& worker, const boost::asio::ip::tcp::endpoint& endpoint,
           std::shared_ptr<const TlsContext> tls);

  /// The port that it listens on. Until Close.
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  Worker& worker() const { return worker_; }

  /// Begins to accept. Any thread, once.
  void Start();

  /// Worker thread only.
  void Close();

 private:
  void Accept();
  void OnAccepted(Worker& target, boost::system::error_code ec, TcpSocket socket);

  // Constant after construction.
  const std::shared_ptr<ServerState> state_;
  Worker& worker_;
  const std::shared_ptr<const TlsContext> tls_;  // nullptr: none.

  // Worker thread only.
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor> acceptor_;
  boost::asio::ip::tcp::endpoint peer_;  // Of the connection that is accepted next.
  Timer pause_;
  std::size_t next_ = 0;
  bool exhausted_ = false;  // The last attempt failed for want of resources.
};

}  // namespace parley::server
