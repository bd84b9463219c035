#include "edge/websocket/connection.h"

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "common/log/log.h"
#include "edge/websocket/frame_reader.h"

namespace parley::websocket {
namespace {

namespace net = boost::asio;
using boost::system::error_code;

constexpr std::uint16_t kNormalClosure = 1000;
constexpr std::uint16_t kInternalError = 1011;
constexpr std::uint16_t kTryAgainLater = 1013;

constexpr std::size_t kReadBytes = 65'536;
constexpr std::size_t kFramesPerWrite = WriteBatch::kMaxBuffers;

CloseReason SlowConsumer() { return {CloseReason::kSlowConsumer, kTryAgainLater, "slow consumer"}; }

}  // namespace

struct Connection::Stream final : FrameReader::Sink {
  Stream(Connection& owner_connection, Socket client, const Handshake& handshake)
      : owner(owner_connection),
        socket(std::move(client)),
        reader(owner.options_.max_message_bytes, handshake.deflate),
        peer_inflates(handshake.peer_inflates) {}

  bool OnMessage(std::string_view payload, bool binary) override {
    if (owner.state_ == State::kOpen) {
      owner.Tell([&](Handler& handler) { handler.OnMessage(payload, binary); });
    }
    return owner.state_ != State::kClosed;
  }

  bool OnPing(std::string_view payload) override {
    owner.Queue(Frame::Pong(payload));
    return true;
  }

  void OnClose(std::uint16_t code, std::string_view reason) override {
    peer_closed = {CloseReason::kPeerClosed, code, std::string(reason)};
  }

  Connection& owner;
  Socket socket;
  FrameReader reader;
  const bool peer_inflates;
  std::optional<CloseReason> peer_closed;
};

std::shared_ptr<Connection> Connection::Create(Executor executor, std::shared_ptr<Handler> handler,
                                               Options options) {
  return std::make_shared<Connection>(Private{}, executor, std::move(handler), options);
}

Connection::Connection(Private, Executor executor, std::shared_ptr<Handler> handler, Options options)
    : executor_(executor),
      flush_queue_(FlushQueue::Of(net::query(executor, net::execution::context))),
      options_(options),
      outbox_(options.max_queued_bytes, options.queue_budget),
      handler_(std::move(handler)) {}

Connection::~Connection() = default;

void Connection::Start(Socket socket, const UpgradeRequest& request, std::string read_ahead,
                       std::shared_ptr<void> lease) {
  if (state_ == State::kClosed) return;
  lease_ = std::move(lease);
  error_code ec;
  if (!socket.non_blocking()) socket.non_blocking(true, ec);
  Handshake handshake = AnswerHandshake(request, options_.deflate, executor_);
  stream_ = std::make_unique<Stream>(*this, std::move(socket), handshake);
  // Not flushed before the handler has been told, so that what it sends at once leaves along with it.
  outbox_.PushHandshake(std::move(handshake.response));
  net::post(executor_,
            [self = shared_from_this(), refusal = handshake.error, ahead = std::move(read_ahead)]() mutable {
              self->OnAnswered(refusal, std::move(ahead));
            });
}

void Connection::Send(SharedFrame frame) {
  if (state_ != State::kStarting && state_ != State::kOpen) return;
  if (stream_ != nullptr && stream_->peer_inflates) frame = Frame::Deflated(frame);
  Queue(std::move(frame));
}

void Connection::Queue(SharedFrame frame) {
  if (state_ == State::kClosed) return;
  if (outbox_.Push(std::move(frame)) == Outbox::Result::kFull) {
    // Also a peer that pings without reading the pongs.
    outbox_.DropUnsent();
    BeginClose(SlowConsumer());
  } else {
    ScheduleFlush();
  }
}

void Connection::Close(std::uint16_t code, std::string_view reason) {
  if (state_ != State::kStarting && state_ != State::kOpen) return;
  BeginClose({CloseReason::kClosed, code, std::string(reason)});
}

void Connection::Abort() {
  if (state_ != State::kClosed) CutOff({CloseReason::kAborted, 0, "aborted"});
}

void Connection::CutOff(CloseReason reason) {
  // The lease lasts until the handler knows.
  net::post(executor_, [self = shared_from_this(), lease = std::exchange(lease_, nullptr),
                        reason = std::move(reason)]() mutable { self->Report(std::move(reason)); });
  CloseSocket();
}

void Connection::OnAnswered(error_code refusal, std::string read_ahead) {
  if (state_ == State::kClosed) {
    stream_.reset();
    return;
  }
  ScheduleFlush();
  if (refusal) {
    outbox_.DropUnsent();
    Report({CloseReason::kTransportError, 0, "handshake failed: " + refusal.message()});
    if (state_ == State::kClosed) {
      stream_.reset();
    } else {
      Linger();
    }
    return;
  }
  outbox_.Open();
  if (state_ == State::kStarting) {
    state_ = State::kOpen;
    Tell([](Handler& handler) { handler.OnOpen(); });
  }
  Take(read_ahead);
}

void Connection::AwaitReadable() {
  stream_->socket.async_wait(Socket::wait_read,
                             [self = shared_from_this()](error_code ec) { self->OnReadable(ec); });
}

void Connection::OnReadable(error_code ec) {
  // One for all, because what is left of it is kept by the reader.
  static thread_local std::array<char, kReadBytes> buffer;
  std::size_t read = 0;
  if (!ec && state_ != State::kClosed) read = stream_->socket.read_some(net::buffer(buffer), ec);
  if (ec == net::error::would_block) ec = {};
  if (!ec || state_ == State::kClosed) {
    Take(std::span(buffer).first(read));
  } else {
    EndReading({CloseReason::kTransportError, 0, ec.message()});
  }
}

void Connection::Take(std::span<char> bytes) {
  std::optional<Violation> violation;
  if (state_ != State::kClosed && !bytes.empty()) violation = stream_->reader.Read(bytes, *stream_);
  if (state_ == State::kClosed) {
    stream_.reset();
  } else if (violation) {
    outbox_.PushClose(violation->code, "");
    EndReading({CloseReason::kProtocolError, violation->code, std::string(violation->text)});
  } else if (stream_->peer_closed) {
    const std::uint16_t code = stream_->peer_closed->code;
    outbox_.PushClose(code == kNoCloseCode ? kNormalClosure : code, "");
    EndReading(*std::move(stream_->peer_closed));
  } else {
    AwaitReadable();
  }
}

void Connection::EndReading(CloseReason found) {
  // What was asked for here counts, whatever the peer has done since.
  Report(why_closing_ != nullptr ? *why_closing_ : std::move(found));
  if (state_ != State::kClosed && outbox_.close_code()) {
    ScheduleFlush();
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

void Connection::ScheduleFlush() {
  if (flush_pending_ || stream_ == nullptr) return;
  flush_pending_ = true;
  flush_queue_.Add(shared_from_this());
}

void Connection::FlushNow() {
  flush_pending_ = false;
  Flush();
}

bool Connection::Gather(WriteBatch::Write& write) {
  if (state_ == State::kClosed || outbox_.empty()) {
    FlushNow();
    return false;
  }
  std::array<net::const_buffer, kFramesPerWrite> buffers;
  write.socket = stream_->socket.native_handle();
  write.buffer_count = outbox_.Gather(buffers);
  for (std::size_t i = 0; i < write.buffer_count; ++i) {
    write.buffers[i] = {const_cast<void*>(buffers[i].data()), buffers[i].size()};
  }
  return true;
}

void Connection::OnWritten(int result) {
  flush_pending_ = false;
  if (result == -EAGAIN) {
    AwaitWritable();
    return;
  }
  // An error may be io_uring's own; if it is the socket's, the next write finds it too.
  if (result > 0) outbox_.Consume(static_cast<std::size_t>(result));
  Flush();
}

void Connection::Flush() {
  if (state_ == State::kClosed) return;
  while (!outbox_.empty()) {
    std::array<net::const_buffer, kFramesPerWrite> buffers;
    const std::size_t count = outbox_.Gather(buffers);
    error_code ec;
    // For a single buffer Asio takes a cheaper system call.
    const std::size_t written = count == 1 ? stream_->socket.write_some(buffers.front(), ec)
                                           : stream_->socket.write_some(std::span(buffers.data(), count), ec);
    if (ec == net::error::would_block) {
      AwaitWritable();
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

void Connection::AwaitWritable() {
  if (outbox_.Stall() == Outbox::Result::kFull) {
    // Without a close frame, which would have to wait behind what may not.
    CutOff(why_closing_ != nullptr ? *why_closing_ : SlowConsumer());
    return;
  }
  flush_pending_ = true;
  stream_->socket.async_wait(Socket::wait_write, [self = shared_from_this()](error_code ec) {
    self->flush_pending_ = false;
    if (!ec) self->Flush();
  });
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
  stream_->socket.shutdown(Socket::shutdown_receive, ignored);
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
  stream_->socket.shutdown(Socket::shutdown_send, ignored);
}

void Connection::Drain() {
  // One for all: nobody looks at what is in it.
  static thread_local std::array<char, 16384> discarded;
  stream_->socket.async_read_some(net::buffer(discarded),
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
  if (timer_ == nullptr) timer_ = std::make_unique<Timer>(executor_);
  timer_->expires_after(options_.close_timeout);
  timer_->async_wait([weak = weak_from_this()](error_code ec) {
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
  timer_.reset();
  outbox_.Shut();
  error_code ignored;
  if (stream_ != nullptr) stream_->socket.close(ignored);
  lease_.reset();
}

void Connection::Report(CloseReason reason) {
  const std::shared_ptr<Handler> handler = std::exchange(handler_, nullptr);
  if (handler != nullptr) handler->OnClosed(std::move(reason));
}

}  // namespace parley::websocket
