#include "common/tls/pem_files.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace parley::tls {
namespace {

/// OpenSSL would say less of a file that isn't there.
void RequireReadable(const std::string& file) {
  std::ifstream stream(file);
  // A directory can be opened; reading fails.
  if (stream && (stream.peek() != std::ifstream::traits_type::eof() || stream.eof())) return;
  throw TlsError("cannot read " + file + ": " + std::generic_category().message(errno));
}

int RefusePassphrase(char*, int, int, void*) { return -1; }

}  // namespace

std::string OpenSslReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "no reason is known";
}

void UseCertificate(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file) {
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, RefusePassphrase);
  RequireReadable(certificate_file);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    throw TlsError(certificate_file + " holds no usable certificate chain in PEM form (" + OpenSslReason() +
                   ")");
  }
  RequireReadable(key_file);
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1) return;
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) == ERR_LIB_X509 && (ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ||
                                             ERR_GET_REASON(error) == X509_R_KEY_TYPE_MISMATCH)) {
    throw TlsError("the key in " + key_file + " does not belong to the certificate in " + certificate_file);
  }
  throw TlsError(key_file + " holds no usable private key in PEM form without a passphrase (" +
                 OpenSslReason() + ")");
}

void UseAuthority(SSL_CTX* context, const std::string& authority_file) {
  ERR_clear_error();
  RequireReadable(authority_file);
  if (SSL_CTX_load_verify_file(context, authority_file.c_str()) == 1) return;
  throw TlsError(authority_file + " holds no usable certificate of an authority in PEM form (" +
                 OpenSslReason() + ")");
}

}  // namespace parley::tls
