#include "common/grpc/grpc_lifetime.h"

#include <grpc/grpc.h>

#include <mutex>

namespace parley::rpc {

void KeepGrpc() {
  static std::once_flag once;
  std::call_once(once, grpc_init);
}

}  // namespace parley::rpc
