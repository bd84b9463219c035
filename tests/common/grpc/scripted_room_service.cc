#include "tests/common/grpc/scripted_room_service.h"

#include <utility>

#include "absl/time/time.h"
#include "common/grpc/position_conversion.h"
#include "common/grpc/status_conversion.h"
#include "common/status/error.h"
#include "tests/common/grpc/callback_queue.h"

namespace parley {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

}  // namespace

room::v1::RoomUpdate SnapshotUpdate(const std::string& room_id, std::uint64_t incarnation,
                                    std::uint64_t sequence) {
  room::v1::RoomUpdate update;
  update.set_room_id(room_id);
  update.mutable_snapshot()->mutable_room()->set_id(room_id);
  *update.mutable_snapshot()->mutable_position() = rpc::ToProto(storage::Position{incarnation, sequence});
  return update;
}

room::v1::RoomUpdate JoinedUpdate(const std::string& room_id, std::uint64_t incarnation,
                                  std::uint64_t sequence, const std::string& participant_id) {
  room::v1::RoomUpdate update;
  update.set_room_id(room_id);
  room::v1::RoomEvent& event = *update.mutable_event();
  *event.mutable_position() = rpc::ToProto(storage::Position{incarnation, sequence});
  event.mutable_participant_joined()->mutable_participant()->set_id(participant_id);
  return update;
}

room::v1::RoomUpdate HeartbeatUpdate(const std::string& room_id, std::uint64_t incarnation,
                                     std::uint64_t sequence) {
  room::v1::RoomUpdate update;
  update.set_room_id(room_id);
  *update.mutable_heartbeat()->mutable_position() = rpc::ToProto(storage::Position{incarnation, sequence});
  return update;
}

room::v1::RoomUpdate EndedUpdate(const std::string& room_id,
                                 parley::common::v1::SubscriptionEnded::Reason reason) {
  room::v1::RoomUpdate update;
  update.set_room_id(room_id);
  update.mutable_ended()->set_reason(reason);
  return update;
}

std::optional<room::v1::RoomUpdate> AnswerWithoutPosition(const parley::common::v1::Heartbeat& heartbeat) {
  room::v1::RoomUpdate update;
  update.set_room_id(heartbeat.room_id());
  update.mutable_heartbeat();
  return update;
}

ScriptedRoomService::ScriptedRoomService() : heartbeat_answer_(AnswerWithoutPosition) {
  KeepCallbackQueue();
  Start();
}

void ScriptedRoomService::Start() {
  server_ = std::make_unique<rpc::GrpcServer>("127.0.0.1:" + std::to_string(port_),
                                              std::vector<grpc::Service*>{this});
  port_ = server_->port();
}

void ScriptedRoomService::Stop() { server_ = nullptr; }

std::string ScriptedRoomService::address() const { return "127.0.0.1:" + std::to_string(port_); }

void ScriptedRoomService::set_get_answer(GetAnswer answer) {
  const absl::MutexLock lock(&mutex_);
  get_answer_ = std::move(answer);
}

void ScriptedRoomService::set_heartbeat_answer(HeartbeatAnswer answer) {
  const absl::MutexLock lock(&mutex_);
  heartbeat_answer_ = std::move(answer);
}

std::vector<std::string> ScriptedRoomService::AwaitHeartbeats(std::size_t count) {
  const absl::MutexLock lock(&mutex_);
  auto enough = [this, count] { return heartbeats_.size() >= count; };
  mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience);
  return heartbeats_;
}

void ScriptedRoomService::set_subscribe_answer(SubscribeAnswer answer) {
  const absl::MutexLock lock(&mutex_);
  subscribe_answer_ = std::move(answer);
}

std::optional<room::v1::WatchRoomsRequest> ScriptedRoomService::NextRequest() {
  const absl::MutexLock lock(&mutex_);
  auto arrived = [this] { return !requests_.empty(); };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&arrived), kPatience)) return std::nullopt;
  room::v1::WatchRoomsRequest request = std::move(requests_.front());
  requests_.pop_front();
  return request;
}

std::size_t ScriptedRoomService::pending_requests() {
  const absl::MutexLock lock(&mutex_);
  return requests_.size();
}

void ScriptedRoomService::Tell(const room::v1::WatchRoomsResponse& response) {
  const absl::MutexLock lock(&mutex_);
  auto open = [this] { return stream_ != nullptr; };
  if (mutex_.AwaitWithTimeout(absl::Condition(&open), kPatience)) stream_->Write(response);
}

void ScriptedRoomService::Tell(const room::v1::RoomUpdate& update) {
  room::v1::WatchRoomsResponse response;
  *response.add_updates() = update;
  Tell(response);
}

void ScriptedRoomService::Break() {
  const absl::MutexLock lock(&mutex_);
  if (context_ != nullptr) context_->TryCancel();
  auto closed = [this] { return stream_ == nullptr; };
  mutex_.AwaitWithTimeout(absl::Condition(&closed), kPatience);
  requests_.clear();
}

int ScriptedRoomService::streams() {
  const absl::MutexLock lock(&mutex_);
  return streams_;
}

grpc::Status ScriptedRoomService::GetRoom(grpc::ServerContext*, const room::v1::GetRoomRequest* request,
                                          room::v1::GetRoomResponse* response) {
  GetAnswer answer;
  {
    const absl::MutexLock lock(&mutex_);
    answer = get_answer_;
  }
  if (!answer) return rpc::ToGrpcStatus(MakeError(kRoomNotFound));
  absl::StatusOr<room::v1::GetRoomResponse> answered = answer(*request);
  if (answered.ok()) *response = *std::move(answered);
  return rpc::ToGrpcStatus(answered.status());
}

grpc::Status ScriptedRoomService::WatchRooms(grpc::ServerContext* context, Stream* stream) {
  {
    const absl::MutexLock lock(&mutex_);
    stream->SendInitialMetadata();
    stream_ = stream;
    context_ = context;
    ++streams_;
  }
  room::v1::WatchRoomsRequest request;
  while (stream->Read(&request)) {
    const absl::MutexLock lock(&mutex_);
    if (request.has_heartbeat()) {
      heartbeats_.push_back(request.heartbeat().room_id());
      room::v1::WatchRoomsResponse response;
      std::optional<room::v1::RoomUpdate> answer = heartbeat_answer_(request.heartbeat());
      if (answer) *response.add_updates() = *std::move(answer);
      if (answer) stream->Write(response);
      continue;
    }
    requests_.push_back(request);
    if (request.has_subscribe() && subscribe_answer_) {
      room::v1::WatchRoomsResponse response;
      *response.add_updates() = subscribe_answer_(request.subscribe());
      stream->Write(response);
    }
  }
  const absl::MutexLock lock(&mutex_);
  if (stream_ == stream) {
    stream_ = nullptr;
    context_ = nullptr;
  }
  return grpc::Status::OK;
}

}  // namespace parley
