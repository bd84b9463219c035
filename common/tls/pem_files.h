#pragma once

#include <openssl/types.h>

#include <stdexcept>
#include <string>

namespace parley::tls {

/// Says which file can't be used, and why.
class TlsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What OpenSSL says of the call that has failed last on this thread.
std::string OpenSslReason();

/// Has `context` prove who it is by two PEM files: the certificate with the chain that leads to its
/// authority, and its key, which must not be encrypted. Throws TlsError; the context is of no use then.
void UseCertificate(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file);

/// Has `context` believe a peer whose chain leads to one of the certificates in a PEM file. Throws TlsError.
void UseAuthority(SSL_CTX* context, const std::string& authority_file);

}  // namespace parley::tls
