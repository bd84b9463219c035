#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/grpc/rpc_counter.h"

namespace parley::rpc {

/// The service's end of one call, however it came: answers it, counts it and tells the log. A copy stands for
/// the same call, so that callbacks can hold it. May be used from any thread until Finish.
class ServerCall {
 public:
  /// What the log is told of the call; fields of the request, which lives until Finish.
  struct Subject {
    std::string_view request_id;
    std::string_view room_id;
    std::string_view participant_id;
  };

  /// Takes the answer to the caller, once. On success the response is complete.
  class Sink {
   public:
    virtual ~Sink() = default;
    /// An error has a reason that MakeError put in.
    virtual void Finish(const absl::Status& status) = 0;
  };

  /// `counter` must outlive the call.
  ServerCall(std::shared_ptr<Sink> sink, RpcCounter& counter, Time deadline, Subject subject)
      : sink_(std::move(sink)), counter_(&counter), deadline_(deadline), subject_(subject) {}

  /// When the caller stops waiting; Time::max() when never.
  Time deadline() const { return deadline_; }

  /// Ends the call, once. On success the response has to be complete.
  void Finish(const absl::Status& status) const;

 private:
  // Constant after construction.
  std::shared_ptr<Sink> sink_;
  RpcCounter* counter_;
  Time deadline_;
  Subject subject_;
};

}  // namespace parley::rpc
