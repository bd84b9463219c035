#include "common/grpc/grpc_lifetime.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>

#include <mutex>
#include <string>

#include "common/log/log.h"

namespace parley::rpc {
namespace {

/// gRPC would write lines of its own making to standard error. What it takes for an error is mostly somebody
/// else's: a peer that broke off, a handshake that failed.
void Log(gpr_log_func_args* args) {
  if (args->severity == GPR_LOG_SEVERITY_ERROR) {
    log::Warning("gRPC complains", {{"cause", args->message}});
  } else {
    log::Debug("gRPC tells", {{"text", args->message}});
  }
}

/// protobuf would do the same; anybody can make it complain, by a text that isn't UTF-8.
void LogOfProtobuf(google::protobuf::LogLevel level, const char*, int, const std::string& message) {
  if (level == google::protobuf::LOGLEVEL_FATAL) {
    log::Error("protobuf fails", {{"cause", message}});
  } else {
    log::Debug("protobuf tells", {{"text", message}});
  }
}

}  // namespace

void KeepGrpc() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(Log);
    google::protobuf::SetLogHandler(LogOfProtobuf);
    grpc_init();
  });
}

}  // namespace parley::rpc
