#include "tests/edge/server/tls_client.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace parley::server {
namespace {

namespace net = boost::asio;

std::filesystem::path MakeDirectory() {
  std::string path = std::filesystem::temp_directory_path() / "parley-tls-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make " + path);
  return path;
}

void WritePem(const std::string& path, const auto& write) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
  if (file == nullptr || write(file.get()) != 1) throw std::runtime_error("cannot write " + path);
}

}  // namespace

TestCertificate::TestCertificate(const std::string& name) : directory_(MakeDirectory()) { Replace(name); }

TestCertificate::~TestCertificate() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void TestCertificate::Replace(const std::string& name) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), "20991231235959Z");
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  WritePem(certificate_file(), [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); });
  WritePem(key_file(), [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

TlsClient::TlsClient(std::uint16_t port, const std::vector<std::string>& protocols)
    : stream_(context_, tls_) {
  std::string offer;
  for (const std::string& protocol : protocols) offer += static_cast<char>(protocol.size()) + protocol;
  if (!offer.empty()) {
    SSL_set_alpn_protos(stream_.native_handle(), reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
  }
  stream_.next_layer().connect({net::ip::address_v4::loopback(), port});
  stream_.handshake(net::ssl::stream_base::client);
}

void TlsClient::Send(std::string_view bytes) { net::write(stream_, net::buffer(bytes)); }

Response TlsClient::ReadResponse() {
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  http::read(stream_, buffer_, parser);
  return parser.release();
}

std::string TlsClient::ReadToEnd() {
  std::string bytes;
  boost::system::error_code ec;
  net::read(stream_, net::dynamic_buffer(bytes), ec);
  if (ec != net::error::eof) throw boost::system::system_error(ec, "the server cut the connection");
  return bytes;
}

void TlsClient::Cut(bool reset) {
  if (reset) stream_.next_layer().set_option(net::socket_base::linger(true, 0));
  stream_.next_layer().close();
}

std::string TlsClient::server_name() {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(stream_.native_handle()), X509_free);
  char name[64] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof(name));
  return name;
}

std::string TlsClient::protocol() {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(stream_.native_handle(), &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

}  // namespace parley::server
