#include "edge/server/tls_tunnel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <string>
#include <utility>

#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "edge/server/http_connection.h"

namespace parley::server {
namespace {

namespace net = boost::asio;
using boost::system::error_code;

constexpr net::use_awaitable_t<Executor> kAwait;

// What the kernel holds of each direction within the pair; enough for a few TLS records.
constexpr int kLocalBufferBytes = 65'536;
// Records that are carried before the other connections of the worker have their turn.
constexpr int kRecordsPerTurn = 16;

/// One TLS record's worth on its way through. One for all tunnels of a thread: nothing stays in it across a
/// suspension.
using Record = std::array<char, SSL3_RT_MAX_PLAIN_LENGTH>;
Record& SharedRecord() {
  static thread_local Record record;
  return record;
}

void CountHandshake(const char* result) {
  metrics::Counter("parley_edge_tls_handshakes_total", "TLS handshakes, by how they ended",
                   {{"result", result}})
      .Increment();
}

void LogFailure(const std::exception_ptr& exception) {
  if (exception == nullptr) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    log::Error("a TLS connection failed", {{"error", e.what()}});
  }
}

}  // namespace

void TlsTunnel::Start(std::shared_ptr<ServerState> state, Worker& worker, TcpSocket socket, Peer peer,
                      limits::Admitted admitted, const TlsContext& tls) {
  const auto tunnel = std::make_shared<TlsTunnel>(Private{}, std::move(state), worker, std::move(socket),
                                                  std::move(peer), tls.NewConnection());
  tunnel->admitted_ = std::move(admitted);
  tunnel->lease_ = tunnel->state_->registry->EnterTunnel(worker, [weak = std::weak_ptr(tunnel)] {
    if (const std::shared_ptr<TlsTunnel> self = weak.lock()) self->Close();
  });
  if (tunnel->lease_ == nullptr || tunnel->ssl_ == nullptr) return;
  net::co_spawn(worker.executor(), tunnel->Run(), [tunnel](const std::exception_ptr& exception) {
    LogFailure(exception);
    if (exception != nullptr) tunnel->Close();
  });
}

TlsTunnel::TlsTunnel(Private, std::shared_ptr<ServerState> state, Worker& worker, TcpSocket socket, Peer peer,
                     SslPtr ssl)
    : state_(std::move(state)),
      worker_(worker),
      ssl_(std::move(ssl)),
      peer_(std::move(peer)),
      client_(std::move(socket)),
      local_(worker.executor()),
      timer_(worker.executor()) {
  peer_.secure = true;
}

TlsTunnel::Awaitable<void> TlsTunnel::Run() {
  const auto self = shared_from_this();
  error_code ec;
  if (!client_.non_blocking()) client_.non_blocking(true, ec);
  SSL_set_fd(ssl_.get(), client_.native_handle());
  if (!co_await Handshake()) {
    Close();
    co_return;
  }
  ec = OpenLocal();
  if (ec) {
    log::Error("cannot carry a TLS connection for now", {{"error", ec.message()}});
    Close();
    co_return;
  }
  local_.async_wait(Socket::wait_error, [self](error_code) { self->OnLocalClosed(); });
  net::co_spawn(worker_.executor(), CarryOut(), [self](const std::exception_ptr& exception) {
    LogFailure(exception);
    if (exception != nullptr) self->Close();
  });
  co_await CarryIn();
}

TlsTunnel::Awaitable<bool> TlsTunnel::Handshake() {
  StartTimer(HeaderTimeout(state_->limits, admitted_));
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      timer_.cancel();
      CountHandshake("complete");
      co_return true;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    if (co_await Retry(error)) continue;
    CountHandshake(timed_out_ ? "timed_out" : "failed");
    log::Debug("a TLS handshake failed", {{"address", peer_.address},
                                          {"error", timed_out_          ? "timeout"
                                                    : reason != nullptr ? reason
                                                                        : "cut"}});
    co_return false;
  }
}

error_code TlsTunnel::OpenLocal() {
  using Local = net::basic_stream_socket<net::local::stream_protocol, Executor>;
  Local ours(worker_.executor());
  Local theirs(worker_.executor());
  error_code ec;
  net::local::connect_pair(ours, theirs, ec);
  if (!ec) ours.non_blocking(true, ec);
  if (ec) return ec;
  for (Local* end : {&ours, &theirs}) {
    error_code ignored;  // The kernel's default is good as well.
    end->set_option(net::socket_base::send_buffer_size(kLocalBufferBytes), ignored);
  }
  local_ = std::move(ours);
  HttpConnection::Start(state_, worker_, std::move(theirs), std::move(peer_),
                        {nullptr, admitted_.refused_by});
  return ec;
}

TlsTunnel::Awaitable<void> TlsTunnel::CarryIn() {
  bool taken = true;
  for (int records = 1;; ++records) {
    Record& record = SharedRecord();
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_read_ex(ssl_.get(), record.data(), record.size(), &size);
    if (result != 1) {
      const int error = SSL_get_error(ssl_.get(), result);
      if (co_await Retry(error)) continue;
      if (error != SSL_ERROR_ZERO_RETURN) Close();
      break;
    }
    // What nobody takes is read all the same: unread, it would make the kernel take back from the client what
    // it has not read yet.
    if (taken) taken = co_await WriteLocal({record.data(), size});
    if (records % kRecordsPerTurn == 0) co_await net::post(kAwait);
    if (!client_.is_open()) co_return;
  }
  error_code ignored;
  if (local_.is_open()) local_.shutdown(Socket::shutdown_send, ignored);
}

TlsTunnel::Awaitable<bool> TlsTunnel::WriteLocal(std::string_view bytes) {
  std::string rest;
  while (!bytes.empty()) {
    error_code ec;
    const std::size_t size = local_.write_some(net::buffer(bytes), ec);
    bytes.remove_prefix(size);
    if (ec == net::error::would_block) {
      rest = std::string(bytes);
      bytes = rest;
      co_await local_.async_wait(Socket::wait_write, net::redirect_error(kAwait, ec));
    }
    if (ec) co_return false;
  }
  co_return true;
}

TlsTunnel::Awaitable<void> TlsTunnel::CarryOut() {
  for (int records = 1;; ++records) {
    Record& record = SharedRecord();
    error_code ec;
    const std::size_t size = local_.read_some(net::buffer(record), ec);
    if (ec == net::error::would_block) {
      co_await local_.async_wait(Socket::wait_read, net::redirect_error(kAwait, ec));
      if (ec) co_return;
      continue;
    }
    if (ec) break;
    if (!co_await WriteClient({record.data(), size})) {
      Close();
      co_return;
    }
    if (records % kRecordsPerTurn == 0) co_await net::post(kAwait);
    if (!local_.is_open()) co_return;
  }
  if (client_.is_open()) co_await SayGoodbye();
}

TlsTunnel::Awaitable<bool> TlsTunnel::WriteClient(std::string_view bytes) {
  std::string rest;
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
    if (result == 1) {
      bytes.remove_prefix(size);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    if (bytes.data() != rest.data()) {
      rest = std::string(bytes);
      bytes = rest;
    }
    if (!co_await Retry(error)) co_return false;
  }
  co_return true;
}

TlsTunnel::Awaitable<bool> TlsTunnel::Retry(int ssl_error) {
  error_code ec;
  if (ssl_error == SSL_ERROR_WANT_READ) {
    co_await client_.async_wait(TcpSocket::wait_read, net::redirect_error(kAwait, ec));
  } else if (ssl_error == SSL_ERROR_WANT_WRITE) {
    co_await client_.async_wait(TcpSocket::wait_write, net::redirect_error(kAwait, ec));
  } else {
    co_return false;
  }
  // Closed, the descriptor may be somebody else's by now.
  co_return client_.is_open();
}

TlsTunnel::Awaitable<void> TlsTunnel::SayGoodbye() {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    if (result >= 0 || !co_await Retry(SSL_get_error(ssl_.get(), result))) break;
  }
  error_code ignored;  // If the client is gone, reading tells.
  client_.shutdown(TcpSocket::shutdown_send, ignored);
  said_goodbye_ = true;
  if (local_closed_) Close();
}

void TlsTunnel::OnLocalClosed() {
  local_closed_ = true;
  if (said_goodbye_) {
    Close();
  } else if (client_.is_open()) {
    StartTimer(state_->limits.write_timeout);
  }
}

void TlsTunnel::StartTimer(std::chrono::milliseconds timeout) {
  timer_.expires_after(timeout);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    const std::shared_ptr<TlsTunnel> self = weak.lock();
    if (ec || self == nullptr) return;
    self->timed_out_ = true;
    self->Close();
  });
}

void TlsTunnel::Close() {
  error_code ignored;
  client_.close(ignored);
  local_.close(ignored);
  timer_.cancel();
  lease_.reset();
  admitted_.permit.reset();
}

}  // namespace parley::server
