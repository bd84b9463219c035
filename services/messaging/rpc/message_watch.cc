#include "services/messaging/rpc/message_watch.h"

#include <atomic>
#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "common/grpc/end_reason_conversion.h"
#include "common/grpc/position_conversion.h"
#include "common/status/error.h"

namespace parley::messaging {

/// One room on the stream, from Subscribe to its end; a room that is subscribed to again has another one.
class MessageWatch::Subscription final : public MessagingApplication::Watcher {
 public:
  explicit Subscription(std::shared_ptr<MessageWatch> watch) : watch_(std::move(watch)) {}

  void Cancel() { cancelled_ = true; }
  bool cancelled() const override { return cancelled_; }

  void OnSnapshot(const std::string& room_id, const RoomMessages&, storage::Position position) override {
    Push([&](v1::MessageUpdate& update) {
      update.set_room_id(room_id);
      *update.mutable_snapshot()->mutable_position() = rpc::ToProto(position);
    });
  }

  void OnRecord(const std::string& room_id, const std::shared_ptr<const v1::MessageEvent>& record) override {
    Push([&](v1::MessageUpdate& update) {
      update.set_room_id(room_id);
      *update.mutable_event() = *record;
    });
  }

  void OnEnded(const std::string& room_id, EndReason reason) override {
    Push([&](v1::MessageUpdate& update) {
      update.set_room_id(room_id);
      update.mutable_ended()->set_reason(rpc::ToProto(reason));
    });
    watch_->Remove(room_id, this);
  }

 private:
  void Push(absl::FunctionRef<void(v1::MessageUpdate&)> fill) {
    if (!cancelled_) watch_->sink_->Push(fill);
  }

  const std::shared_ptr<MessageWatch> watch_;
  std::atomic<bool> cancelled_{false};
};

MessageWatch::MessageWatch(MessagingApplication& application, std::shared_ptr<Sink> sink)
    : application_(application), sink_(std::move(sink)) {
  rpc::OpenWatchStreams().Increment();
}

void MessageWatch::Subscribe(const parley::common::v1::Subscribe& subscribe) {
  const std::string& room_id = subscribe.room_id();
  std::optional<storage::Position> after;
  if (subscribe.has_after()) after = rpc::FromProto(subscribe.after());
  auto subscription = std::make_shared<Subscription>(shared_from_this());
  std::shared_ptr<Subscription> replaced;
  {
    const absl::MutexLock lock(&mutex_);
    replaced = std::exchange(subscriptions_[room_id], subscription);
    sink_->SetIdle(false);
  }
  if (replaced) Cancel(room_id, replaced);
  application_.WatchMessages(room_id, after, subscription);
}

void MessageWatch::Unsubscribe(const std::string& room_id) {
  std::shared_ptr<Subscription> subscription;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = subscriptions_.find(room_id);
    if (found == subscriptions_.end()) return;
    subscription = std::move(found->second);
    subscriptions_.erase(found);
    sink_->SetIdle(subscriptions_.empty());
  }
  Cancel(room_id, subscription);
}

std::optional<storage::Position> MessageWatch::PositionOf(const std::string& room_id) {
  std::shared_ptr<Subscription> subscription;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = subscriptions_.find(room_id);
    if (found == subscriptions_.end()) return std::nullopt;
    subscription = found->second;
  }
  return application_.PositionOf(room_id, subscription);
}

void MessageWatch::Closed() {
  rpc::OpenWatchStreams().Decrement();
  std::unordered_map<std::string, std::shared_ptr<Subscription>> subscriptions;
  {
    const absl::MutexLock lock(&mutex_);
    subscriptions.swap(subscriptions_);
  }
  for (const auto& [room_id, subscription] : subscriptions) Cancel(room_id, subscription);
}

void MessageWatch::Cancel(const std::string& room_id, const std::shared_ptr<Subscription>& subscription) {
  subscription->Cancel();
  application_.UnwatchMessages(room_id, subscription);
}

void MessageWatch::Remove(const std::string& room_id, const Subscription* subscription) {
  const absl::MutexLock lock(&mutex_);
  const auto found = subscriptions_.find(room_id);
  if (found == subscriptions_.end() || found->second.get() != subscription) return;
  subscriptions_.erase(found);
  sink_->SetIdle(subscriptions_.empty());
}

}  // namespace parley::messaging
