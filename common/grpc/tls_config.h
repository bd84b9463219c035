#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "common/config/flags.h"

namespace parley::rpc {

/// TLS between the processes, as the flags --grpc-tls-… say: PEM files, empty for none. With none at all
/// nothing is encrypted.
struct TlsConfig {
  /// What this process shows to its peers, with the chain that leads to its authority, and its key.
  std::string certificate;
  std::string key;
  /// Whose certificates this process accepts from its peers.
  std::string authority;

  bool enabled() const { return !certificate.empty() || !key.empty() || !authority.empty(); }
};

/// What a process does by gRPC. One that serves shows a certificate, one that calls checks one.
struct TlsRoles {
  bool serves = false;
  bool calls = false;
};

/// Reads the flags that are parsed by now, and the files that they name. What is wrong with either, or is
/// missing for these roles, is added to `problems`.
TlsConfig ReadTlsConfig(config::Problems& problems, TlsRoles roles);

/// What a server shows. With an authority it serves only clients that show a certificate of that authority,
/// whatever name is in it. The files are read anew every few seconds; what is in them counts for new
/// connections, which fail as long as it is of no use, with a warning in the log.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsConfig& config);

/// What a client checks, the server's name included, and what it shows when it has a certificate. The files
/// are read anew as for MakeServerCredentials.
std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const TlsConfig& config);

}  // namespace parley::rpc
