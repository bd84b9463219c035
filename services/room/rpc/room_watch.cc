#include "services/room/rpc/room_watch.h"

#include <optional>
#include <utility>

#include "common/grpc/end_reason_conversion.h"
#include "common/grpc/position_conversion.h"
#include "common/status/error.h"
#include "services/room/store/room_messages.h"

namespace parley::room {

RoomWatch::RoomWatch(RoomApplication& application, std::shared_ptr<Sink> sink)
    : application_(application), sink_(std::move(sink)) {
  rpc::OpenWatchStreams().Increment();
}

void RoomWatch::Subscribe(const common::v1::Subscribe& subscribe) {
  {
    const absl::MutexLock lock(&mutex_);
    followed_.insert(subscribe.room_id());
    sink_->SetIdle(false);
  }
  std::optional<Position> after;
  if (subscribe.has_after()) after = rpc::FromProto(subscribe.after());
  application_.Subscribe(subscribe.room_id(), after, shared_from_this());
}

void RoomWatch::Unsubscribe(const std::string& room_id) {
  application_.Unsubscribe(room_id, shared_from_this());
  Remove(room_id);
}

std::optional<Position> RoomWatch::PositionOf(const std::string& room_id) {
  return application_.PositionOf(room_id, shared_from_this());
}

void RoomWatch::Closed() {
  rpc::OpenWatchStreams().Decrement();
  std::unordered_set<std::string> followed;
  {
    const absl::MutexLock lock(&mutex_);
    followed.swap(followed_);
  }
  for (const std::string& room_id : followed) application_.Unsubscribe(room_id, shared_from_this());
}

void RoomWatch::OnSnapshot(const std::string& room_id, const Room& room, Position position) {
  sink_->Push([&](v1::RoomUpdate& update) {
    update.set_room_id(room_id);
    *update.mutable_snapshot()->mutable_position() = rpc::ToProto(position);
    Fill(room, *update.mutable_snapshot()->mutable_room());
  });
}

void RoomWatch::OnRecord(const std::string& room_id, const std::shared_ptr<const v1::RoomEvent>& record) {
  sink_->Push([&](v1::RoomUpdate& update) {
    update.set_room_id(room_id);
    *update.mutable_event() = *record;
  });
}

void RoomWatch::OnEnded(const std::string& room_id, EndReason reason) {
  sink_->Push([&](v1::RoomUpdate& update) {
    update.set_room_id(room_id);
    update.mutable_ended()->set_reason(rpc::ToProto(reason));
  });
  Remove(room_id);
}

void RoomWatch::Remove(const std::string& room_id) {
  const absl::MutexLock lock(&mutex_);
  followed_.erase(room_id);
  sink_->SetIdle(followed_.empty());
}

}  // namespace parley::room
