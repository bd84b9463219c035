#include "common/grpc/grpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

#include <mutex>
#include <stdexcept>

#include "common/grpc/grpc_lifetime.h"
#include "common/grpc/health.pb.h"

namespace parley::rpc {
namespace {

/// Both plugins are settings of the process and have to be made before its first server is.
void EnablePlugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    // Naming it links it in: reflection then describes the health service.
    grpc::health::v1::HealthCheckRequest::descriptor();
  });
}

}  // namespace

GrpcServer::GrpcServer(const std::string& address, const std::vector<grpc::Service*>& services,
                       const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  KeepGrpc();
  EnablePlugins();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, credentials, &port_);
  for (grpc::Service* service : services) builder.RegisterService(service);
  // Two processes on one port would share its connections by chance.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients ping idle Watch streams; without this they would be told off for it.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 2'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  server_ = builder.BuildAndStart();
  if (!server_ || port_ == 0) throw std::runtime_error("can't listen on " + address);
}

GrpcServer::~GrpcServer() { Shutdown(std::chrono::milliseconds(0)); }

void GrpcServer::ReportServing(const std::string& service_name, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(service_name, serving);
}

void GrpcServer::StopServing() { server_->GetHealthCheckService()->SetServingStatus(false); }

void GrpcServer::Shutdown(std::chrono::milliseconds timeout) {
  server_->Shutdown(std::chrono::system_clock::now() + timeout);
  server_->Wait();
}

}  // namespace parley::rpc
