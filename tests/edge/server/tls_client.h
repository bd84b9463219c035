#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "edge/server/http.h"

namespace parley::server {

/// A certificate that is its own authority, and its key, in two PEM files that go with it.
class TestCertificate {
 public:
  /// `name` is the subject's common name.
  explicit TestCertificate(const std::string& name);
  ~TestCertificate();
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  std::string certificate_file() const { return directory_ / "certificate.pem"; }
  std::string key_file() const { return directory_ / "key.pem"; }

  /// Puts another one of this name into the same files.
  void Replace(const std::string& name);

 private:
  const std::filesystem::path directory_;
};

/// A blocking HTTPS client for tests, which takes whatever certificate it is shown.
class TlsClient {
 public:
  /// Connects to 127.0.0.1 and completes the handshake; throws boost::system::system_error if that fails.
  /// `protocols` are offered by ALPN, if any.
  explicit TlsClient(std::uint16_t port, const std::vector<std::string>& protocols = {});

  void Send(std::string_view bytes);
  Response ReadResponse();

  /// Everything until the server says that there is no more. Throws when the connection is cut without that.
  std::string ReadToEnd();

  /// Closes without a word of TLS; with `reset`, without one of TCP either.
  void Cut(bool reset = false);

  /// The common name in the server's certificate.
  std::string server_name();
  /// The protocol that ALPN has chosen.
  std::string protocol();

 private:
  boost::asio::io_context context_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace parley::server
