#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/watch_server.h"
#include "parley/messaging/v1/messaging_service.grpc.pb.h"
#include "services/messaging/application/messaging_application.h"

namespace parley::messaging {

using MessageStream =
    rpc::WatchStream<v1::WatchMessagesRequest, v1::WatchMessagesResponse, v1::MessageUpdate>;
using MessageStreams = rpc::StreamSet<MessageStream>;

/// One WatchMessages stream: what its client follows. Owns itself until the stream is over.
class MessageWatch final : public MessageStream::Delegate, public std::enable_shared_from_this<MessageWatch> {
 public:
  /// Begins; the returned reactor belongs to gRPC. Both references must outlive the stream, as ending all of
  /// `streams` and waiting for the server does.
  static grpc::ServerBidiReactor<v1::WatchMessagesRequest, v1::WatchMessagesResponse>* Start(
      MessagingApplication& application, MessageStreams& streams);

  void Subscribe(const parley::common::v1::Subscribe& subscribe) override;
  void Unsubscribe(const std::string& room_id) override;
  std::optional<storage::Position> PositionOf(const std::string& room_id) override;
  void Closed() override;

 private:
  class Subscription;

  MessageWatch(MessagingApplication& application, MessageStreams& streams,
               std::shared_ptr<MessageStream> stream);

  void Cancel(const std::string& room_id, const std::shared_ptr<Subscription>& subscription);
  /// A subscription has come to its end by itself.
  void Remove(const std::string& room_id, const Subscription* subscription);

  // Constant after construction.
  MessagingApplication& application_;
  MessageStreams& streams_;
  const std::shared_ptr<MessageStream> stream_;

  // Until Closed.
  std::shared_ptr<MessageWatch> self_;

  // Taken under the room's lock by subscriptions, so the application must not be called with it.
  absl::Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Subscription>> subscriptions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::messaging
