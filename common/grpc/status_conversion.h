#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "parley/common/v1/calls.pb.h"

namespace parley::rpc {

/// The domain of every ErrorInfo.reason of ours.
inline constexpr char kErrorDomain[] = "parley";

/// The status itself, or INTERNAL in place of an error that wasn't made with MakeError: its text, which may
/// hold what is nobody's business, goes to the log.
absl::Status Presentable(const absl::Status& status);

/// A presentable status with its reason and metadata as one google.rpc.ErrorInfo in the details.
grpc::Status ToGrpcStatus(const absl::Status& status);

/// The same of a call on a stream; for errors.
parley::common::v1::CallError ToCallError(const absl::Status& status);
absl::Status FromCallError(const parley::common::v1::CallError& error);

/// The way back. What the network and gRPC itself report gets a reason too: SERVICE_UNAVAILABLE for
/// UNAVAILABLE and CANCELLED, INTERNAL for everything else. DEADLINE_EXCEEDED becomes SERVICE_UNAVAILABLE
/// even if the service says so itself, for no caller can tell it from an answer that didn't come in time.
/// What gRPC says of what is unavailable is no part of the message, but of ToString(), for the log.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace parley::rpc
