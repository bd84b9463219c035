#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "edge/rpc/watches.h"
#include "parley/room/v1/room_service.grpc.pb.h"

namespace parley::edge {

/// Far longer than anything takes, so that only a hang fails.
inline constexpr std::chrono::seconds kPatience{30};

/// What a CallClient has to know of ScriptedCalls.
struct RoomCalls {
  using Service = room::v1::RoomService;
  using Request = room::v1::MakeCallsRequest;
  using Response = room::v1::MakeCallsResponse;
  using Watch = RoomWatch;
  static std::unique_ptr<grpc::ClientAsyncReaderWriter<Request, Response>> Prepare(
      Service::Stub& stub, grpc::ClientContext* context, grpc::CompletionQueue* queue);
};

/// Takes calls, and answers them when it is told to. Members may be called from any thread.
class ScriptedCalls final : public room::v1::RoomService::Service {
 public:
  ScriptedCalls();

  /// The requests of the next message, by the calls' numbers; nothing when none comes.
  std::map<std::string, std::uint64_t> NextMessage();

  /// Messages that have come and were not taken.
  std::size_t pending();

  void Answer(std::uint64_t number, const std::string& response);

  /// The next request to follow a room, and so on; nothing when none comes.
  std::optional<room::v1::WatchRoomsRequest> NextWatchRequest();

  /// Sends a message as it is.
  void Tell(const room::v1::MakeCallsResponse& message);

  /// Answers every call that comes from now on at once, with its own request.
  void AnswerAll();
  /// As AnswerAll, but the first calls are refused, one for each of these.
  void RefuseFirst(std::vector<absl::Status> refusals);

  /// Ends the stream that is open.
  void Break();

 private:
  using Stream = grpc::ServerReaderWriter<room::v1::MakeCallsResponse, room::v1::MakeCallsRequest>;

  grpc::Status MakeCalls(grpc::ServerContext* context, Stream* stream) override;
  void AnswerLocked(const room::v1::MakeCallsRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  /// Those with calls.
  std::vector<room::v1::MakeCallsRequest> messages_ ABSL_GUARDED_BY(mutex_);
  std::deque<room::v1::WatchRoomsRequest> watch_requests_ ABSL_GUARDED_BY(mutex_);
  /// What is to be refused yet, before everything else is answered; nothing while the test answers.
  std::optional<std::vector<absl::Status>> refusals_ ABSL_GUARDED_BY(mutex_);
  Stream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
  grpc::ServerContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace parley::edge
