#include "edge/server/native_socket.h"

#include <unistd.h>

#include <boost/system/error_code.hpp>
#include <utility>

namespace parley::server {

NativeSocket NativeSocket::Release(Socket& socket) {
  boost::system::error_code ec;
  const Socket::protocol_type protocol = socket.local_endpoint(ec).protocol();
  int descriptor = -1;
  if (!ec) descriptor = socket.release(ec);
  return NativeSocket(protocol, ec ? -1 : descriptor);
}

NativeSocket::NativeSocket(NativeSocket&& other) noexcept
    : protocol_(other.protocol_), descriptor_(std::exchange(other.descriptor_, -1)) {}

NativeSocket::~NativeSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Socket NativeSocket::Assign(Executor executor) && {
  Socket socket(executor);
  if (descriptor_ < 0) return socket;
  boost::system::error_code ec;
  socket.assign(protocol_, descriptor_, ec);
  if (!ec) descriptor_ = -1;
  return socket;
}

}  // namespace parley::server
