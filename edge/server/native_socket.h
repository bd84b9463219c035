#pragma once

#include "edge/server/worker.h"

namespace parley::server {

/// An open socket on its way from one worker to another: registered with neither, closed if it does not
/// arrive.
class NativeSocket {
 public:
  /// Takes the socket off its worker. Nothing may be pending on it.
  static NativeSocket Release(Socket& socket);

  NativeSocket(NativeSocket&& other) noexcept;
  NativeSocket& operator=(NativeSocket&&) = delete;
  ~NativeSocket();

  /// Puts it onto a worker, on whose thread this is called. The result is not open if that failed, or Release
  /// did.
  Socket Assign(Executor executor) &&;

 private:
  NativeSocket(Socket::protocol_type protocol, int descriptor)
      : protocol_(protocol), descriptor_(descriptor) {}

  Socket::protocol_type protocol_;
  int descriptor_;  // -1: none.
};

}  // namespace parley::server
