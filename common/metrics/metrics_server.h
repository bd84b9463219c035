#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <thread>

namespace parley::metrics {

/// Serves Render() at /metrics over HTTP until destroyed, on a thread of its own. For processes that speak no
/// HTTP otherwise; Debian's build of prometheus-cpp's own server has no IPv6.
class MetricsServer {
 public:
  /// Listens on `host`, a name or an address; port 0 takes a free one. Throws std::exception when it can't.
  MetricsServer(const std::string& host, int port);

  ~MetricsServer();

  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  boost::asio::awaitable<void> Accept();

  /// Connections, counted on the thread.
  int open_ = 0;
  boost::asio::io_context loop_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace parley::metrics
