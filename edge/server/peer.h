#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "edge/server/worker.h"

namespace parley::server {

/// A TCP connection as the listener accepts it.
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

/// The client at the other end of a connection, as it was when the connection was accepted.
struct Peer {
  /// Its IP address as text, an IPv4 address mapped into IPv6 as IPv4.
  std::string address;
  /// Whether the connection is encrypted on its way.
  bool secure = false;
};

/// The address of `endpoint`, as Peer has it.
std::string PeerAddress(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace parley::server
