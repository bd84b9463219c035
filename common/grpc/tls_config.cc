#include "common/grpc/tls_config.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/ssl.h>

#include "absl/flags/flag.h"
#include "common/grpc/grpc_lifetime.h"
#include "common/tls/pem_files.h"

ABSL_FLAG(std::string, grpc_tls_certificate, "",
          "PEM file with the certificate that this process shows to its peers by gRPC, and its chain; read "
          "anew when it changes. A process that serves needs it for TLS.");
ABSL_FLAG(std::string, grpc_tls_key, "",
          "PEM file with the key of --grpc-tls-certificate, not encrypted; read anew when it changes.");
ABSL_FLAG(std::string, grpc_tls_authority, "",
          "PEM file with the authorities whose certificates are accepted of peers by gRPC; read anew when it "
          "changes. A process that calls others needs it for TLS; one that serves takes only clients with "
          "such a certificate then.");

namespace parley::rpc {
namespace {

constexpr unsigned kRefreshSeconds = 5;

using SslContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// gRPC would say less of files that don't do, and later.
void CheckFiles(config::Problems& problems, const TlsConfig& config) {
  const SslContext context(SSL_CTX_new(TLS_method()), SSL_CTX_free);
  try {
    if (context == nullptr) throw tls::TlsError("TLS is not available: " + tls::OpenSslReason());
    if (!config.certificate.empty() && !config.key.empty())
      tls::UseCertificate(context.get(), config.certificate, config.key);
  } catch (const tls::TlsError& error) {
    problems.AddText(std::string("--grpc-tls-certificate and --grpc-tls-key: ") + error.what());
  }
  if (context == nullptr || config.authority.empty()) return;
  try {
    tls::UseAuthority(context.get(), config.authority);
  } catch (const tls::TlsError& error) {
    problems.AddText(std::string("--grpc-tls-authority: ") + error.what());
  }
}

void Watch(grpc::experimental::TlsCredentialsOptions& options, const TlsConfig& config) {
  if (!config.authority.empty()) options.watch_root_certs();
  if (!config.certificate.empty()) options.watch_identity_key_cert_pairs();
}

std::shared_ptr<grpc::experimental::CertificateProviderInterface> MakeProvider(const TlsConfig& config) {
  return std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      config.key, config.certificate, config.authority, kRefreshSeconds);
}

}  // namespace

TlsConfig ReadTlsConfig(config::Problems& problems, TlsRoles roles) {
  const TlsConfig config{.certificate = absl::GetFlag(FLAGS_grpc_tls_certificate),
                         .key = absl::GetFlag(FLAGS_grpc_tls_key),
                         .authority = absl::GetFlag(FLAGS_grpc_tls_authority)};
  if (!config.enabled()) return config;
  if (config.certificate.empty() && !config.key.empty())
    problems.Add("grpc_tls_certificate", "must be given too, with the certificate of --grpc-tls-key");
  if (config.key.empty() && !config.certificate.empty())
    problems.Add("grpc_tls_key", "must be given too, with the key of --grpc-tls-certificate");
  if (roles.serves && config.certificate.empty() && config.key.empty())
    problems.Add("grpc_tls_certificate", "and --grpc-tls-key must be given too: a server has to show them");
  if (roles.calls && config.authority.empty())
    problems.Add("grpc_tls_authority", "must be given too: the servers that are called are checked by it");
  CheckFiles(problems, config);
  return config;
}

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsConfig& config) {
  if (!config.enabled()) return grpc::InsecureServerCredentials();
  KeepGrpc();
  grpc::experimental::TlsServerCredentialsOptions options(MakeProvider(config));
  Watch(options, config);
  options.set_cert_request_type(config.authority.empty()
                                    ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                    : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const TlsConfig& config) {
  if (!config.enabled()) return grpc::InsecureChannelCredentials();
  KeepGrpc();
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(MakeProvider(config));
  Watch(options, config);
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace parley::rpc
