#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace parley::rpc {

/// A gRPC server with what all of ours have: the standard health service, reflection and limits.
class GrpcServer {
 public:
  /// Listens on `address` (HOST:PORT; port 0 takes a free one) and serves at once, healthy. The services must
  /// outlive the server. By default nothing is encrypted. Throws std::runtime_error when it can't listen.
  GrpcServer(const std::string& address, const std::vector<grpc::Service*>& services,
             const std::shared_ptr<grpc::ServerCredentials>& credentials = grpc::InsecureServerCredentials());

  /// Cuts off whatever still runs.
  ~GrpcServer();

  int port() const { return port_; }

  /// Reports a service under its full name too, besides the process as a whole, as serving or not.
  void ReportServing(const std::string& service_name, bool serving = true);

  /// Reports every service as not serving, so that clients and probes turn away, while calls are still
  /// answered.
  void StopServing();

  /// Takes no new calls, waits up to `timeout` for those under way and cuts off the rest. Watch streams must
  /// be ended by their owner, or they use up the whole time.
  void Shutdown(std::chrono::milliseconds timeout);

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace parley::rpc
