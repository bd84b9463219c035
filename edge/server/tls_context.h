#pragma once

#include <openssl/types.h>

#include <memory>
#include <mutex>
#include <string>

#include "common/tls/pem_files.h"

namespace parley::server {

struct SslDeleter {
  void operator()(SSL* ssl) const;
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

using tls::TlsError;

/// How the server proves who it is, and what it agrees to: TLS 1.2 and 1.3 with forward secrecy, HTTP/1.1 by
/// ALPN. Any thread.
class TlsContext {
 public:
  /// Reads two PEM files: the certificate with the chain that leads to its authority, and its key, which must
  /// not be encrypted. Throws TlsError. The process ignores SIGPIPE from then on, since OpenSSL's writes
  /// would raise it.
  TlsContext(std::string certificate_file, std::string key_file);

  /// Reads both files anew; connections that begin from now on see what is in them. Throws TlsError, and
  /// keeps what it had then.
  void Reload();

  /// The server's side of a connection whose handshake is yet to come.
  SslPtr NewConnection() const;

  /// When the certificate expires, such as 2027-01-31T12:00:00Z.
  std::string expires() const;

 private:
  std::shared_ptr<SSL_CTX> current() const;

  const std::string certificate_file_;
  const std::string key_file_;

  mutable std::mutex mutex_;
  std::shared_ptr<SSL_CTX> context_;
};

}  // namespace parley::server
