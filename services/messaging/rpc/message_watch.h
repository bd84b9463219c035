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

/// Joins one stream to the rooms whose messages its client follows. Lives as long as the stream, and as long
/// as a room still tells it something.
class MessageWatch final : public rpc::WatchDelegate, public std::enable_shared_from_this<MessageWatch> {
 public:
  using Sink = rpc::UpdateSink<v1::MessageUpdate>;

  /// The application must outlive the stream.
  MessageWatch(MessagingApplication& application, std::shared_ptr<Sink> sink);

  void Subscribe(const parley::common::v1::Subscribe& subscribe) override;
  void Unsubscribe(const std::string& room_id) override;
  std::optional<storage::Position> PositionOf(const std::string& room_id) override;
  void Closed() override;

 private:
  class Subscription;

  void Cancel(const std::string& room_id, const std::shared_ptr<Subscription>& subscription);
  /// A subscription has come to its end by itself.
  void Remove(const std::string& room_id, const Subscription* subscription);

  // Constant after construction.
  MessagingApplication& application_;
  const std::shared_ptr<Sink> sink_;

  // Taken under the room's lock by subscriptions, so the application must not be called with it.
  absl::Mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Subscription>> subscriptions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::messaging
