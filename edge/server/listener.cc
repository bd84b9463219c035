#include "edge/server/listener.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "common/log/log.h"
#include "edge/server/http_connection.h"
#include "edge/server/tls_tunnel.h"

namespace parley::server {
namespace {

using boost::system::error_code;
using boost::system::errc::make_error_condition;

// Long enough to cost nothing while descriptors are short, short enough not to be noticed afterwards.
constexpr std::chrono::milliseconds kPause(50);

/// Failures that trying again at once would meet again.
bool OutOfResources(error_code ec) {
  namespace errc = boost::system::errc;
  return ec == errc::too_many_files_open || ec == errc::too_many_files_open_in_system ||
         ec == errc::no_buffer_space || ec == errc::not_enough_memory;
}

/// Whether it is served or turned away, on its worker's thread.
void Begin(std::shared_ptr<ServerState> state, const TlsContext* tls, Worker& worker, TcpSocket socket,
           Peer peer) {
  limits::Admitted admitted;
  if (state->admission != nullptr) admitted = state->admission->AdmitConnection(peer.address);
  if (admitted.refused_by && admitted.permit == nullptr) {
    // Whoever speaks TLS is only closed: to be told, it would need the handshake that a flood is after.
    if (tls == nullptr) {
      HttpConnection::TurnAway(std::move(state), worker, std::move(socket), std::move(peer),
                               *admitted.refused_by);
    }
  } else if (tls != nullptr) {
    TlsTunnel::Start(std::move(state), worker, std::move(socket), std::move(peer), std::move(admitted), *tls);
  } else {
    HttpConnection::Start(std::move(state), worker, std::move(socket), std::move(peer), std::move(admitted));
  }
}

}  // namespace

Listener::Listener(std::shared_ptr<ServerState> state, Worker& worker,
                   const boost::asio::ip::tcp::endpoint& endpoint, std::shared_ptr<const TlsContext> tls)
    : state_(std::move(state)),
      worker_(worker),
      tls_(std::move(tls)),
      acceptor_(worker.executor()),
      pause_(worker.executor()) {
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(boost::asio::socket_base::reuse_address(true));
  acceptor_.bind(endpoint);
  acceptor_.listen();
}

void Listener::Start() {
  boost::asio::post(worker_.executor(), [self = shared_from_this()] { self->Accept(); });
}

void Listener::Close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::Accept() {
  if (!acceptor_.is_open()) return;
  Worker& target = state_->pool.at(next_++ % state_->pool.size());
  acceptor_.async_accept(target.context(), peer_,
                         [self = shared_from_this(), &target](error_code ec, TcpSocket socket) {
                           self->OnAccepted(target, ec, std::move(socket));
                         });
}

void Listener::OnAccepted(Worker& target, error_code ec, TcpSocket socket) {
  if (OutOfResources(ec)) {
    if (!exhausted_) log::Error("cannot accept connections for now", {{"error", ec.message()}});
    exhausted_ = true;
    pause_.expires_after(kPause);
    pause_.async_wait([self = shared_from_this()](error_code) { self->Accept(); });
    return;
  }
  if (!ec) {
    exhausted_ = false;
    error_code ignored;
    socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    // Otherwise Asio makes it non-blocking twice: for itself, and when a WebSocket asks for it.
    socket.non_blocking(true, ignored);
    Peer peer{.address = PeerAddress(peer_)};
    boost::asio::post(target.executor(), [state = state_, tls = tls_, &target, socket = std::move(socket),
                                          peer = std::move(peer)]() mutable {
      Begin(std::move(state), tls.get(), target, std::move(socket), std::move(peer));
    });
  }
  // Any other failure concerns the one connection that could not be accepted.
  Accept();
}

}  // namespace parley::server
