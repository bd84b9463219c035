#include "edge/server/http_connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <exception>
#include <functional>
#include <utility>

#include "common/log/log.h"
#include "edge/server/http_framing.h"
#include "edge/server/native_socket.h"
#include "edge/server/request_metrics.h"

namespace parley::server {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

constexpr net::use_awaitable_t<Executor> kAwait;

// What is read of pipelined requests while another one is being handled; the rest waits in the kernel.
constexpr std::size_t kMaxReadAhead = 16'384;
constexpr std::size_t kReadAheadStep = 512;
// A buffer holds a header, and is the window through which a body is read.
constexpr std::size_t kBodyWindow = 65'536;

// A connection over a limit costs a descriptor while it is told so; a flood of them is cut off unheard.
constexpr std::size_t kMaxTurnedAway = 256;

// Some clients end a body by a line end that belongs to nothing.
constexpr int kMaxEmptyLines = 4;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

using Parser = http::request_parser<http::string_body>;

BodyEnd BodyEndOf(error_code ec) {
  if (!ec) return BodyEnd::kComplete;
  return ec == http::error::body_limit ? BodyEnd::kTooLarge : BodyEnd::kCutOff;
}

/// Lets go of what the handler left with a request, also when the loop is destroyed while the request is
/// parked: what awaits the abort may hold the exchange, which holds it.
class Release {
 public:
  explicit Release(std::shared_ptr<PendingAnswer> pending) : pending_(std::move(pending)) {}
  Release(const Release&) = delete;
  Release& operator=(const Release&) = delete;
  ~Release() {
    pending_->wake = nullptr;
    if (!pending_->done()) pending_->aborted = true;
    const std::function<void()> released = std::exchange(pending_->on_aborted, nullptr);
  }

 private:
  const std::shared_ptr<PendingAnswer> pending_;
};

}  // namespace

void HttpConnection::Start(std::shared_ptr<ServerState> state, Worker& worker, Socket socket, Peer peer,
                           limits::Admitted admitted) {
  const auto connection = std::make_shared<HttpConnection>(Private{}, std::move(state), worker,
                                                           std::move(socket), std::move(peer));
  connection->luggage_ = {std::move(admitted), connection->state_->registry->CountHttp()};
  connection->Spawn(connection->Run(std::nullopt));
}

void HttpConnection::TurnAway(std::shared_ptr<ServerState> state, Worker& worker, Socket socket, Peer peer,
                              limits::Limit limit) {
  const auto connection = std::make_shared<HttpConnection>(Private{}, std::move(state), worker,
                                                           std::move(socket), std::move(peer));
  connection->Spawn(connection->TellLimit(limit, Request()));
}

void HttpConnection::Continue(std::shared_ptr<ServerState> state, Worker& worker, Socket socket, Peer peer,
                              Luggage luggage, Request request, beast::flat_buffer read_ahead) {
  const auto connection = std::make_shared<HttpConnection>(Private{}, std::move(state), worker,
                                                           std::move(socket), std::move(peer));
  connection->luggage_ = std::move(luggage);
  connection->buffer_ = std::move(read_ahead);
  connection->Spawn(connection->Run(std::move(request)));
}

HttpConnection::HttpConnection(Private, std::shared_ptr<ServerState> state, Worker& worker, Socket socket,
                               Peer peer)
    : state_(std::move(state)),
      worker_(worker),
      peer_(std::move(peer)),
      socket_(std::move(socket)),
      buffer_(state_->limits.max_header_bytes + kBodyWindow),
      timer_(worker.executor()) {}

void HttpConnection::Spawn(Awaitable<void> life) {
  const auto if_alive = [weak = weak_from_this()](void (HttpConnection::*function)()) {
    if (const std::shared_ptr<HttpConnection> self = weak.lock()) (*self.*function)();
  };
  lease_ = state_->registry->EnterHttp(
      worker_, [if_alive] { if_alive(&HttpConnection::Abort); },
      [if_alive] { if_alive(&HttpConnection::CloseIfIdle); });
  if (lease_ == nullptr) return;
  net::co_spawn(worker_.executor(), std::move(life),
                [self = shared_from_this()](const std::exception_ptr& exception) {
                  self->timer_.cancel();
                  self->lease_.reset();
                  self->luggage_ = {};
                  if (exception == nullptr) return;
                  try {
                    std::rethrow_exception(exception);
                  } catch (const std::exception& e) {
                    log::Error("an HTTP connection failed", {{"error", e.what()}});
                  }
                });
}

HttpConnection::Awaitable<void> HttpConnection::Run(std::optional<Request> request) {
  const auto self = shared_from_this();
  const bool moved_here = request.has_value();
  for (bool first = true;; first = false) {
    if (!(first && moved_here)) {
      request = co_await ReadRequest(first);
      if (!request || MovedElsewhere(*request)) break;
    }
    const bool more = co_await Serve(std::move(*request));
    if (!more) break;
  }
  error_code ignored;
  socket_.close(ignored);
}

HttpConnection::Awaitable<void> HttpConnection::TellLimit(limits::Limit limit, Request header) {
  const auto self = shared_from_this();
  if (state_->turned_away.fetch_add(1) < kMaxTurnedAway) co_await Refuse(MakeRefusal(limit), header);
  --state_->turned_away;
  error_code ignored;
  socket_.close(ignored);
}

HttpConnection::Awaitable<std::optional<Request>> HttpConnection::ReadRequest(bool first) {
  error_code ec;
  std::optional<Parser> next;
  awaits_header_ = true;
  for (int empty_lines = 0;; ++empty_lines) {
    if (state_->phase == Phase::kFinishing && IsIdle()) co_return std::nullopt;
    if (!first && buffer_.size() == 0) {
      // Waits for the first byte without a buffer.
      buffer_.shrink_to_fit();
      SetDeadline(state_->limits.keep_alive_timeout);
      co_await socket_.async_wait(Socket::wait_read, net::redirect_error(kAwait, ec));
      if (ec) co_return std::nullopt;
    }

    next.emplace();
    next->header_limit(static_cast<std::uint32_t>(state_->limits.max_header_bytes));
    next->body_limit(boost::none);  // Known only when the header is.
    if (!first || empty_lines == 0) SetDeadline(HeaderTimeout(state_->limits, luggage_.admitted));
    co_await http::async_read_header(socket_, buffer_, *next, net::redirect_error(kAwait, ec));
    if (ec != http::error::bad_method || empty_lines == kMaxEmptyLines) break;
    if (!co_await SkipEmptyLine(ec)) break;
  }
  Parser& parser = *next;
  awaits_header_ = false;
  if (const std::optional<limits::Limit> limit = luggage_.admitted.refused_by) {
    if (ec || !parser.is_done() || !state_->handler.ServesBeyondLimits(parser.get())) {
      limits::CountRefused(*limit);
      // It is told as those are who found no place in the reserve.
      luggage_.admitted.permit.reset();
      co_await TellLimit(*limit, Request(parser.get().base()));
      co_return std::nullopt;
    }
  }
  std::optional<Refusal> refusal;
  if (ec) {
    refusal = RefusalFor(ec, false);
    if (refusal) co_await Refuse(*refusal, parser.get());
    co_return std::nullopt;
  }

  std::size_t max_body = state_->limits.max_body_bytes;
  max_body = state_->handler.MaxBodyBytes(parser.get()).value_or(max_body);
  if (!HasSoundFraming(parser.get()) || !NamesOneHost(parser.get()))
    refusal = RefusalFor(http::error::bad_field, true);
  if (parser.content_length().value_or(0) > max_body) refusal = RefusalFor(http::error::body_limit, true);
  if (refusal) {
    co_await Refuse(*refusal, parser.get());
    co_return std::nullopt;
  }

  // The fields that may follow a chunked body join those of the header, and could make another request of it.
  std::optional<Request> header;
  if (parser.chunked()) header.emplace(parser.get().base());
  if (!parser.is_done()) {
    parser.body_limit(max_body);
    SetDeadline(state_->limits.body_timeout);
    // Most bodies arrive along with their header, and nobody needs to know.
    std::function<void(BodyEnd)> on_body_end;
    if (buffer_.size() < parser.content_length().value_or(max_body))
      on_body_end = state_->handler.BodyBegins(parser.get());
    if (buffer_.size() == 0 && ExpectsContinue(parser.get())) {
      co_await net::async_write(socket_, net::buffer(kContinue), net::redirect_error(kAwait, ec));
    }
    if (!ec) co_await http::async_read(socket_, buffer_, parser, net::redirect_error(kAwait, ec));
    if (on_body_end) on_body_end(BodyEndOf(ec));
    if (ec) {
      refusal = RefusalFor(ec, true);
      if (refusal) co_await Refuse(*refusal, header ? *header : parser.get());
      co_return std::nullopt;
    }
  }
  LiftDeadline();
  if (!header) co_return parser.release();
  header->body() = std::move(parser.get().body());
  co_return header;
}

HttpConnection::Awaitable<bool> HttpConnection::SkipEmptyLine(error_code& ec) {
  constexpr std::string_view kLineEnd = "\r\n";
  for (;;) {
    const beast::flat_buffer::const_buffers_type data = buffer_.data();
    const std::string_view line(static_cast<const char*>(data.data()),
                                std::min(data.size(), kLineEnd.size()));
    if (line == kLineEnd) {
      buffer_.consume(line.size());
      co_return true;
    }
    if (!kLineEnd.starts_with(line)) co_return false;
    error_code read;
    const std::size_t size =
        co_await socket_.async_read_some(buffer_.prepare(kReadAheadStep), net::redirect_error(kAwait, read));
    buffer_.commit(size);
    if (read) {
      ec = read;
      co_return false;
    }
  }
}

bool HttpConnection::IsIdle() const {
  error_code ignored;
  return awaits_header_ && buffer_.size() == 0 && socket_.available(ignored) == 0;
}

void HttpConnection::CloseIfIdle() {
  if (IsIdle()) Abort();
}

std::optional<HttpConnection::Refusal> HttpConnection::RefusalFor(error_code ec, bool header_done) const {
  if (timed_out_ && ec == net::error::operation_aborted) {
    return Refusal{http::status::request_timeout,
                   header_done ? "The request's body was not complete in time"
                               : "The request's header was not complete in time",
                   "REQUEST_TIMEOUT"};
  }
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) return std::nullopt;
  if (ec == http::error::body_limit) {
    return Refusal{http::status::payload_too_large, "The request's body is too large", "BODY_TOO_LARGE"};
  }
  if (!header_done && (ec == http::error::header_limit || ec == http::error::buffer_overflow)) {
    return Refusal{http::status::request_header_fields_too_large, "The request's header is too large",
                   "HEADERS_TOO_LARGE"};
  }
  if (ec.category() == error_code(http::error::bad_method).category()) {
    return Refusal{http::status::bad_request, "The request is malformed", "BAD_REQUEST"};
  }
  return std::nullopt;
}

HttpConnection::Awaitable<void> HttpConnection::Refuse(Refusal refusal, const Request& header) {
  CountRefusedRequest(refusal.code);
  co_await Refuse(MakeRefusal(refusal.status, refusal.error, refusal.code), header);
}

HttpConnection::Awaitable<void> HttpConnection::Refuse(Response response, const Request& header) {
  state_->handler.PrepareRefusal(header, response);
  response.keep_alive(false);
  const bool written = co_await Write(std::move(response), header);
  static_cast<void>(written);
}

bool HttpConnection::MovedElsewhere(Request& request) {
  const std::optional<std::size_t> index = state_->handler.WorkerFor(request);
  if (!index || *index == worker_.index() || *index >= state_->pool.size()) return false;
  Worker& target = state_->pool.at(*index);
  NativeSocket native = NativeSocket::Release(socket_);
  lease_.reset();  // The next worker takes one of its own.
  net::post(target.executor(), [state = state_, &target, native = std::move(native), peer = std::move(peer_),
                                luggage = std::move(luggage_), request = std::move(request),
                                read_ahead = std::move(buffer_)]() mutable {
    Socket socket = std::move(native).Assign(target.executor());
    if (!socket.is_open()) return;
    Continue(std::move(state), target, std::move(socket), std::move(peer), std::move(luggage),
             std::move(request), std::move(read_ahead));
  });
  return true;
}

HttpConnection::Awaitable<bool> HttpConnection::Serve(Request request) {
  const auto pending = std::make_shared<PendingAnswer>();
  const Release release(pending);
  pending->request = std::move(request);
  pending->peer = peer_;
  pending->peer.address = ClientOf(pending->request);
  if (const std::optional<limits::Limit> limit = AdmitForwarded(*pending)) {
    co_await Refuse(MakeRefusal(*limit), pending->request);
    co_return false;
  }
  Dispatch(pending);
  while (!pending->done()) {
    error_code ec;
    pending->wake = [this] {
      error_code ignored;
      socket_.cancel(ignored);
    };
    co_await AwaitClient(pending->half_closed, ec);
    pending->wake = nullptr;
    const bool woken = ec == net::error::operation_aborted && !aborted_;
    if (ec == net::error::eof) pending->half_closed = true;
    const bool gone = ec && !woken && ec != net::error::eof;
    if (!pending->done() && (gone || (pending->half_closed && pending->on_aborted))) {
      pending->Abort();
      co_return false;
    }
  }

  if (pending->accepted != nullptr) {
    HandOver(*pending);
    co_return false;
  }
  if (pending->dropped) {
    Response response =
        MakeRefusal(http::status::internal_server_error, "The request was not answered", "INTERNAL");
    response.keep_alive(false);
    pending->response = std::move(response);
  }
  const bool more = co_await Write(std::move(*pending->response), pending->request);
  co_return more;
}

std::string HttpConnection::ClientOf(const Request& request) const {
  if (state_->admission == nullptr) return peer_.address;
  std::string forwarded_for;
  const auto [begin, end] = request.equal_range("X-Forwarded-For");
  for (auto field = begin; field != end; ++field) {
    if (!forwarded_for.empty()) forwarded_for += ',';
    forwarded_for += field->value();
  }
  return state_->admission->ClientOf(peer_.address, forwarded_for);
}

std::optional<limits::Limit> HttpConnection::AdmitForwarded(const PendingAnswer& pending) {
  if (pending.peer.address == peer_.address || !beast::websocket::is_upgrade(pending.request))
    return std::nullopt;
  limits::Admitted admitted = state_->admission->AdmitForwarded(pending.peer.address);
  forwarded_permit_ = std::move(admitted.permit);
  return admitted.refused_by;
}

void HttpConnection::Dispatch(const std::shared_ptr<PendingAnswer>& pending) {
  try {
    state_->handler.Handle(std::make_shared<Exchange>(pending, worker_));
  } catch (const std::exception& e) {
    // The exchange was dropped as the exception passed, unless it was kept for later.
    log::Error("a request's handler threw",
               {{"target", std::string_view(pending->request.target())}, {"error", e.what()}});
  }
}

HttpConnection::Awaitable<void> HttpConnection::AwaitClient(bool half_closed, error_code& ec) {
  if (half_closed || buffer_.size() >= kMaxReadAhead) {
    // Nothing more is read; that the connection broke is noticed all the same.
    co_await socket_.async_wait(Socket::wait_error, net::redirect_error(kAwait, ec));
    if (!ec) ec = net::error::connection_reset;
    co_return;
  }
  const std::size_t size =
      co_await socket_.async_read_some(buffer_.prepare(kReadAheadStep), net::redirect_error(kAwait, ec));
  buffer_.commit(size);
}

void HttpConnection::HandOver(PendingAnswer& pending) {
  const std::shared_ptr<websocket::Connection> connection = pending.accepted;
  std::shared_ptr<void> lease =
      state_->registry->Enter(worker_, [weak = std::weak_ptr<websocket::Connection>(connection)] {
        if (const std::shared_ptr<websocket::Connection> open = weak.lock()) open->Abort();
      });
  if (lease == nullptr || aborted_) {
    connection->Abort();
    return;
  }
  std::string read_ahead = beast::buffers_to_string(buffer_.data());
  using Held = std::array<std::shared_ptr<void>, 3>;
  auto held = std::make_shared<Held>(
      Held{std::move(luggage_.admitted.permit), std::move(forwarded_permit_), std::move(lease)});
  connection->Start(std::move(socket_), pending.request, std::move(read_ahead), std::move(held));
}

bool HttpConnection::MayKeepAlive(const Request& request) const {
  if (luggage_.admitted.refused_by) return false;
  switch (state_->phase.load()) {
    case Phase::kServing:
      return true;
    case Phase::kDraining:
      return state_->handler.WorkerFor(request).has_value();
    case Phase::kFinishing:
      return false;
  }
  return false;
}

HttpConnection::Awaitable<bool> HttpConnection::Write(Response response, const Request& request) {
  const bool more = Finalize(response, request, MayKeepAlive(request));
  error_code ec;
  SetDeadline(state_->limits.write_timeout);
  if (request.method() == http::verb::head) {
    const http::response<http::empty_body> header(std::move(response.base()));
    co_await http::async_write(socket_, header, net::redirect_error(kAwait, ec));
  } else {
    co_await http::async_write(socket_, response, net::redirect_error(kAwait, ec));
  }
  LiftDeadline();
  if (!ec && !more) co_await Linger();
  co_return !ec && more;
}

HttpConnection::Awaitable<void> HttpConnection::Linger() {
  // Closing with unread bytes in the kernel resets the connection, and the client might not see the answer.
  static thread_local std::array<char, 16384> discarded;
  error_code ec;
  socket_.shutdown(Socket::shutdown_send, ec);
  SetDeadline(state_->limits.linger_timeout);
  while (!ec) {
    co_await socket_.async_read_some(net::buffer(discarded), net::redirect_error(kAwait, ec));
  }
}

void HttpConnection::SetDeadline(std::chrono::milliseconds timeout) {
  timed_out_ = false;
  deadline_ = Clock::now() + timeout;
  if (deadline_ < timer_expiry_) ArmTimer();
}

void HttpConnection::ArmTimer() {
  timer_expiry_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([this, weak = weak_from_this()](error_code ec) {
    const std::shared_ptr<HttpConnection> self = weak.lock();
    if (ec || self == nullptr) return;
    timer_expiry_ = Clock::time_point::max();
    if (deadline_ == Clock::time_point::max()) return;
    if (Clock::now() < deadline_) {
      ArmTimer();
      return;
    }
    LiftDeadline();
    timed_out_ = true;
    error_code ignored;
    socket_.cancel(ignored);
  });
}

void HttpConnection::Abort() {
  aborted_ = true;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace parley::server
