#pragma once

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <cstddef>
#include <string>
#include <utility>

#include "edge/websocket/socket.h"

namespace parley::websocket {

/// Takes what Beast writes: the handshake's response and control frames.
class ProtocolSink {
 public:
  virtual ~ProtocolSink() = default;
  virtual void OnProtocolBytes(std::string bytes) = 0;
};

/// The layer below Beast's websocket::stream. It reads from the socket, after the bytes that were read ahead,
/// and hands what is to be written to the outbox of the connection: a socket may have one writer only, and
/// control frames must not land within a message. A write is complete as soon as it is queued; the outbox's
/// limit bounds what may queue up.
///
/// Shutting down is the connection's task, so that its user hears of the end before the peer has closed its
/// side.
class OutboxStream {
 public:
  using executor_type = Executor;

  /// `sink` outlives the stream.
  OutboxStream(Socket socket, std::string read_ahead, ProtocolSink& sink)
      : socket_(std::move(socket)), read_ahead_(std::move(read_ahead)), sink_(sink) {}

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }

  template <class MutableBuffers, class Token>
  auto async_read_some(const MutableBuffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::beast::error_code, std::size_t)>(
        [this](auto handler, const MutableBuffers& target) {
          if (read_ahead_.empty()) {
            socket_.async_read_some(target, std::move(handler));
            return;
          }
          const std::size_t size = boost::asio::buffer_copy(target, boost::asio::buffer(read_ahead_));
          read_ahead_.erase(0, size);
          if (read_ahead_.empty()) read_ahead_ = {};
          boost::asio::post(get_executor(),
                            boost::beast::bind_handler(std::move(handler), boost::beast::error_code(), size));
        },
        token, buffers);
  }

  template <class ConstBuffers, class Token>
  auto async_write_some(const ConstBuffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::beast::error_code, std::size_t)>(
        [this](auto handler, const ConstBuffers& source) {
          std::string bytes(boost::asio::buffer_size(source), '\0');
          boost::asio::buffer_copy(boost::asio::buffer(bytes), source);
          const std::size_t size = bytes.size();
          sink_.OnProtocolBytes(std::move(bytes));
          boost::asio::post(get_executor(),
                            boost::beast::bind_handler(std::move(handler), boost::beast::error_code(), size));
        },
        token, buffers);
  }

 private:
  Socket socket_;
  std::string read_ahead_;
  ProtocolSink& sink_;
};

// What websocket::stream requires of the layer below it, found by argument-dependent look-up.

inline void teardown(boost::beast::role_type, OutboxStream&, boost::beast::error_code& ec) { ec = {}; }

template <class Handler>
void async_teardown(boost::beast::role_type, OutboxStream& stream, Handler&& handler) {
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_handler(std::forward<Handler>(handler), boost::beast::error_code()));
}

inline void beast_close_socket(OutboxStream& stream) {
  boost::beast::error_code ignored;
  stream.socket().close(ignored);
}

}  // namespace parley::websocket
