#pragma once

namespace parley::rpc {

/// Keeps gRPC's threads until the process ends, instead of until its last object is gone: taking them down
/// waits for a poller that may sleep for 10 seconds. Everything here that makes channels or servers calls it
/// first.
void KeepGrpc();

}  // namespace parley::rpc
