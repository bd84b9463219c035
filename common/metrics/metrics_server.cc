#include "common/metrics/metrics_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"

namespace parley::metrics {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using net::ip::tcp;
using Response = http::response<http::string_body>;

constexpr std::size_t kMaxRequestBytes = 16'384;
/// Descriptors are needed for other things.
constexpr int kMaxConnections = 64;
/// Whoever connects wants something; nobody may keep the others from connecting.
constexpr std::chrono::seconds kFirstTimeout{5};
/// Longer than scrapers commonly pause, so that they may keep their connection.
constexpr std::chrono::seconds kIdleTimeout{90};
/// Before the next attempt to accept, when descriptors have run out.
constexpr std::chrono::milliseconds kAcceptPause{100};

tcp::endpoint Resolve(net::io_context& loop, const std::string& host, int port) {
  tcp::resolver resolver(loop);
  return resolver.resolve(host, std::to_string(port), tcp::resolver::passive).begin()->endpoint();
}

tcp::acceptor Listen(net::io_context& loop, const std::string& host, int port) {
  try {
    return tcp::acceptor(loop, Resolve(loop, host, port));
  } catch (const boost::system::system_error& e) {
    throw boost::system::system_error(e.code(), "cannot listen on " + host + ":" + std::to_string(port));
  }
}

Response Answer(const http::request<http::string_body>& request, bool may_stay) {
  const std::string_view target(request.target().data(), request.target().size());
  Response response(http::status::ok, request.version());
  response.keep_alive(request.keep_alive() && may_stay);
  response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  if (target.substr(0, target.find('?')) != "/metrics") {
    response.result(http::status::not_found);
    response.body() = "There is nothing here but /metrics\n";
  } else if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET, HEAD");
  } else {
    response.body() = Render();
  }
  response.prepare_payload();
  return response;
}

/// `open` counts the connections, and is only touched on the server's thread.
net::awaitable<void> Serve(tcp::socket socket, int& open) {
  ++open;
  const absl::Cleanup closed = [&open] { --open; };
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer(kMaxRequestBytes);
  error_code ec;
  stream.expires_after(kFirstTimeout);
  for (bool more = true; more && !ec; stream.expires_after(kIdleTimeout)) {
    http::request<http::string_body> request;
    co_await http::async_read(stream, buffer, request, net::redirect_error(net::use_awaitable, ec));
    if (ec) break;
    // Those who stay must leave room for those who come.
    Response response = Answer(request, open <= kMaxConnections / 2);
    more = response.keep_alive();
    if (request.method() == http::verb::head) {
      http::response<http::empty_body> head(std::move(response.base()));
      co_await http::async_write(stream, head, net::redirect_error(net::use_awaitable, ec));
    } else {
      co_await http::async_write(stream, response, net::redirect_error(net::use_awaitable, ec));
    }
  }
  stream.socket().shutdown(tcp::socket::shutdown_both, ec);
}

void LogFailure(const std::exception_ptr& failure) {
  if (failure == nullptr) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    log::Error("metrics can't be served", {{"error", e.what()}});
  }
}

}  // namespace

MetricsServer::MetricsServer(const std::string& host, int port) : acceptor_(Listen(loop_, host, port)) {
  net::co_spawn(loop_, Accept(), LogFailure);
  thread_ = std::thread([this] { loop_.run(); });
}

MetricsServer::~MetricsServer() {
  loop_.stop();
  thread_.join();
}

net::awaitable<void> MetricsServer::Accept() {
  for (;;) {
    error_code ec;
    tcp::socket socket = co_await acceptor_.async_accept(net::redirect_error(net::use_awaitable, ec));
    if (!ec) {
      if (open_ < kMaxConnections) net::co_spawn(loop_, Serve(std::move(socket), open_), LogFailure);
      continue;
    }
    net::steady_timer pause(loop_, kAcceptPause);
    co_await pause.async_wait(net::use_awaitable);
  }
}

}  // namespace parley::metrics
