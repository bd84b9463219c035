#include "edge/websocket/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <exception>
#include <functional>
#include <utility>

#include "common/log/log.h"
#include "edge/websocket/outbox_stream.h"
#include "edge/websocket/protocol_stream.h"

namespace parley::websocket {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

constexpr std::uint16_t kInternalError = 1011;
constexpr std::uint16_t kTryAgainLater = 1013;

// An idle connection keeps no more than this for the message to come; most that clients send fit.
constexpr std::size_t kIdleBufferBytes = 256;
// A long message is read in steps, so that memory is taken for what has arrived and not for what was
// announced.
constexpr std::size_t kReadStep = 65'536;
constexpr std::size_t kFramesPerWrite = 32;

}  // namespace

struct Connection::Stream final : ProtocolSink {
  Stream(Connection& owner_connection, Socket socket, std::string read_ahead)
      : owner(owner_connection),
        ws(owner.options_.deflate, owner.options_.max_message_bytes, std::move(socket), std::move(read_ahead),
           *this) {}

  void OnProtocolBytes(std::string bytes) override { owner.OnProtocolBytes(std::move(bytes)); }
  Socket& socket() { return ws.next_layer().socket(); }

  Connection& owner;
  ProtocolStream ws;
  beast::flat_buffer message;
};

std::shared_ptr<Connection> Connection::Create(Executor executor, std::shared_ptr<Handler> handler,
                                               Options options) {
  return std::make_shared<Connection>(Private{}, executor, std::move(handler), options);
}

Connection::Connection(Private, Executor executor, std::shared_ptr<Handler> handler, Options options)
    : executor_(executor),
      flush_queue_(FlushQueue::Of(net::query(executor, net::execution::context))),
      options_(options),
      outbox_(options.max_queued_bytes),
      timer_(executor),
      handler_(std::move(handler)) {}

Connection::~Connection() = default;

void Connection::Start(Socket socket, const UpgradeRequest& request, std::string read_ahead,
                       std::shared_ptr<void> lease) {
  if (state_ == State::kClosed) return;
  lease_ = std::move(lease);
  error_code ec;
  socket.non_blocking(true, ec);
  stream_ = std::make_unique<Stream>(*this, std::move(socket), std::move(read_ahead));
  // Beast's own timeouts stay off: the handshake is only queued here, closing is timed below, and whether an
  // idle peer is alive is for the protocol above to find out.
  stream_->ws.AsyncAccept(request,
                          [self = shared_from_this()](error_code result) { self->OnAccepted(result); });
}

void Connection::Send(SharedFrame frame) {
  if (state_ != State::kStarting && state_ != State::kOpen) return;
  if (stream_ != nullptr && stream_->ws.peer_inflates()) frame = Frame::Deflated(frame);
  if (outbox_.Push(std::move(frame)) == Outbox::Result::kFull) {
    outbox_.DropUnsent();
    BeginClose({CloseReason::kSlowConsumer, kTryAgainLater, "slow consumer"});
  } else {
    ScheduleFlush();
  }
}

void Connection::Close(std::uint16_t code, std::string_view reason) {
  if (state_ != State::kStarting && state_ != State::kOpen) return;
  BeginClose({CloseReason::kClosed, code, std::string(reason)});
}

void Connection::Abort() {
  if (state_ == State::kClosed) return;
  // The lease lasts until the handler knows.
  net::post(executor_, [self = shared_from_this(), lease = std::exchange(lease_, nullptr)] {
    self->Report({CloseReason::kAborted, 0, "aborted"});
  });
  CloseSocket();
}

void Connection::OnAccepted(error_code ec) {
  if (state_ == State::kClosed) {
    stream_.reset();
    return;
  }
  if (ec) {
    outbox_.DropUnsent();
    Report({CloseReason::kTransportError, 0, "handshake failed: " + ec.message()});
    if (state_ == State::kClosed) {
      stream_.reset();
    } else {
      Linger();
    }
    return;
  }
  outbox_.Open();
  ScheduleFlush();
  if (state_ == State::kStarting) {
    state_ = State::kOpen;
    Tell([](Handler& handler) { handler.OnOpen(); });
  }
  if (state_ == State::kClosed) {
    stream_.reset();
    return;
  }
  Read();
}

void Connection::Read() {
  beast::flat_buffer& message = stream_->message;
  const std::size_t size =
      message.size() == 0 ? kIdleBufferBytes : std::min(stream_->ws.ReadSizeHint(message), kReadStep);
  stream_->ws.AsyncReadSome(message.prepare(size),
                            [self = shared_from_this()](error_code ec, std::size_t read) {
                              self->stream_->message.commit(read);
                              self->OnRead(ec);
                            });
}

void Connection::OnRead(error_code ec) {
  const bool complete = !ec && stream_->ws.is_message_done();
  if (complete && state_ == State::kOpen) {
    Tell([this](Handler& handler) {
      const auto data = stream_->message.data();
      handler.OnMessage(std::string_view(static_cast<const char*>(data.data()), data.size()),
                        stream_->ws.got_binary());
    });
  }
  if (state_ == State::kClosed) {
    stream_.reset();
    return;
  }
  if (!ec) {
    if (complete) {
      stream_->message.consume(stream_->message.size());
      if (stream_->message.capacity() > kIdleBufferBytes) stream_->message.shrink_to_fit();
    }
    Read();
    return;
  }

  if (why_closing_ != nullptr) {
    Report(*why_closing_);
  } else if (ec == beast::websocket::error::closed) {
    const beast::websocket::close_reason& said = stream_->ws.reason();
    const bool named = said.code != beast::websocket::close_code::none;
    Report({CloseReason::kPeerClosed, named ? static_cast<std::uint16_t>(said.code) : std::uint16_t{1005},
            std::string(said.reason.data(), said.reason.size())});
  } else if (const std::optional<std::uint16_t> code = outbox_.close_code()) {
    // Beast has found a violation, and has queued the close frame that says so.
    Report({CloseReason::kProtocolError, *code, ec.message()});
  } else {
    Report({CloseReason::kTransportError, 0, ec.message()});
  }

  if (state_ != State::kClosed && outbox_.close_code()) {
    Linger();
    return;
  }
  CloseSocket();
  stream_.reset();
}

void Connection::Tell(const std::function<void(Handler&)>& fn) {
  const std::shared_ptr<Handler> handler = handler_;
  try {
    fn(*handler);
  } catch (const std::exception& e) {
    log::Error("a WebSocket's handler threw", {{"error", e.what()}});
    Close(kInternalError, "internal error");
  }
}

void Connection::OnProtocolBytes(std::string bytes) {
  if (state_ == State::kClosed) return;
  if (outbox_.PushProtocol(std::move(bytes)) == Outbox::Result::kFull) {
    // A peer that pings without reading the pongs.
    outbox_.DropUnsent();
    BeginClose({CloseReason::kSlowConsumer, kTryAgainLater, "slow consumer"});
  } else {
    ScheduleFlush();
  }
}

void Connection::ScheduleFlush() {
  if (flush_pending_ || stream_ == nullptr) return;
  flush_pending_ = true;
  flush_queue_.Add(shared_from_this());
}

void Connection::FlushNow() {
  flush_pending_ = false;
  Flush();
}

void Connection::Flush() {
  if (state_ == State::kClosed) return;
  while (!outbox_.empty()) {
    std::array<net::const_buffer, kFramesPerWrite> buffers;
    const std::size_t count = outbox_.Gather(buffers);
    error_code ec;
    // For a single buffer Asio takes a cheaper system call.
    const std::size_t written = count == 1
                                    ? stream_->socket().write_some(buffers.front(), ec)
                                    : stream_->socket().write_some(std::span(buffers.data(), count), ec);
    if (ec == net::error::would_block) {
      flush_pending_ = true;
      stream_->socket().async_wait(Socket::wait_write, [self = shared_from_this()](error_code wait_ec) {
        self->flush_pending_ = false;
        if (!wait_ec) self->Flush();
      });
      return;
    }
    if (ec) {
      OnWriteFailed();
      return;
    }
    outbox_.Consume(written);
  }
  if (state_ == State::kLingering) FinishLinger();
}

void Connection::OnWriteFailed() {
  outbox_.Shut();
  if (state_ == State::kLingering) {
    CloseSocket();
    return;
  }
  // The reason is found by reading: the peer's close frame may still be among what it has sent. After that,
  // the end.
  error_code ignored;
  stream_->socket().shutdown(Socket::shutdown_receive, ignored);
}

void Connection::BeginClose(CloseReason reason) {
  outbox_.PushClose(reason.code, reason.text);
  state_ = State::kClosing;
  if (reason.kind == CloseReason::kSlowConsumer) {
    // Nobody need wait for a peer that does not read.
    net::post(executor_, [self = shared_from_this(), reason]() mutable { self->Report(std::move(reason)); });
  }
  why_closing_ = std::make_unique<const CloseReason>(std::move(reason));
  StartTimer();
  ScheduleFlush();
}

void Connection::Linger() {
  const bool timed = state_ == State::kClosing;
  state_ = State::kLingering;
  if (!timed) StartTimer();
  if (outbox_.empty()) FinishLinger();
  if (state_ == State::kLingering) Drain();
}

void Connection::FinishLinger() {
  if (peer_done_) {
    CloseSocket();
    return;
  }
  error_code ignored;  // If the connection is broken, reading tells.
  stream_->socket().shutdown(Socket::shutdown_send, ignored);
}

void Connection::Drain() {
  // One for all: nobody looks at what is in it.
  static thread_local std::array<char, 16384> discarded;
  stream_->socket().async_read_some(net::buffer(discarded),
                                    [self = shared_from_this()](error_code ec, std::size_t) {
                                      if (self->state_ == State::kLingering && ec == net::error::eof) {
                                        self->peer_done_ = true;
                                        if (self->outbox_.empty()) self->CloseSocket();
                                      } else if (self->state_ == State::kLingering && ec) {
                                        self->CloseSocket();
                                      } else if (self->state_ == State::kLingering) {
                                        self->Drain();
                                      }
                                      if (self->state_ == State::kClosed) self->stream_.reset();
                                    });
}

void Connection::StartTimer() {
  timer_.expires_after(options_.close_timeout);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    const std::shared_ptr<Connection> self = weak.lock();
    if (!ec && self != nullptr) self->OnTimeout();
  });
}

void Connection::OnTimeout() {
  if (state_ == State::kClosed) return;
  if (why_closing_ != nullptr) Report(*why_closing_);
  CloseSocket();
}

void Connection::CloseSocket() {
  state_ = State::kClosed;
  timer_.cancel();
  outbox_.Shut();
  if (stream_ != nullptr) beast_close_socket(stream_->ws.next_layer());
  lease_.reset();
}

void Connection::Report(CloseReason reason) {
  const std::shared_ptr<Handler> handler = std::exchange(handler_, nullptr);
  if (handler != nullptr) handler->OnClosed(std::move(reason));
}

}  // namespace parley::websocket
