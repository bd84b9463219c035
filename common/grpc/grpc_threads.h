#pragma once

#include "common/config/flags.h"

namespace parley::rpc {

/// Reads --grpc-threads, which is parsed by now; what is wrong with it is added to `problems`.
unsigned ReadGrpcThreads(config::Problems& problems);

/// Lets no more than `count` of the threads work on which gRPC calls back, the others sleep for good; 0
/// leaves it at what gRPC makes of the machine, half a thread per core but two at least. To be called once,
/// early.
///
/// gRPC's threads hand the wait for the network on to one another at each message, and wake one another for
/// that: in a service that is asked 500 times a second this is a quarter of its CPU time. One thread alone
/// wakes nobody. Where it isn't enough, a higher count lets more of them work.
///
/// A callback must not wait for another one. Nothing happens with a gRPC whose threads aren't known here.
void LimitGrpcThreads(unsigned count);

}  // namespace parley::rpc
