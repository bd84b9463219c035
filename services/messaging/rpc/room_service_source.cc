#include "services/messaging/rpc/room_service_source.h"

#include <utility>

#include "common/grpc/position_conversion.h"
#include "common/grpc/unary.h"
#include "common/log/log.h"
#include "services/messaging/domain/errors.h"

namespace parley::messaging {
namespace {

Member ToMember(const room::v1::Participant& participant) {
  return {participant.id(), participant.name(), participant.key_sha256()};
}

RoomView ToView(const room::v1::Room& room, const parley::common::v1::Position& position) {
  RoomView view{room.id(), rpc::FromProto(position), {}};
  for (const room::v1::Participant& participant : room.participants()) {
    view.members.push_back(ToMember(participant));
  }
  return view;
}

RoomChange ToChange(const room::v1::RoomEvent& event) {
  const storage::Position position = rpc::FromProto(event.position());
  switch (event.event_case()) {
    case room::v1::RoomEvent::kParticipantJoined:
      return {position, MemberJoined{ToMember(event.participant_joined().participant())}};
    case room::v1::RoomEvent::kParticipantLeft:
      return {position, MemberLeft{event.participant_left().participant_id()}};
    case room::v1::RoomEvent::kNameUpdated:
      return {position, MemberRenamed{event.name_updated().participant_id(), event.name_updated().name()}};
    case room::v1::RoomEvent::kRoomDestroyed:
      return {position, RoomDestroyed{}};
    default:
      return {position, OtherChange{}};
  }
}

}  // namespace

RoomServiceSource::RoomServiceSource(std::shared_ptr<grpc::Channel> channel, TimerQueue& timers,
                                     const Clock& clock)
    : channel_(std::move(channel)),
      stub_(room::v1::RoomService::NewStub(channel_)),
      timers_(timers),
      clock_(clock) {}

RoomServiceSource::~RoomServiceSource() { Stop(); }

void RoomServiceSource::Start(RoomSource::Observer& observer) {
  observer_ = &observer;
  watch_ = std::make_unique<Watch>("rooms", channel_, static_cast<Watch::Observer&>(*this), timers_, clock_);
}

void RoomServiceSource::Stop() {
  if (watch_) watch_->Stop();
  const absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](int* gets_under_way) { return *gets_under_way == 0; }, &gets_under_way_));
}

void RoomServiceSource::Follow(const std::string& room_id) { watch_->Subscribe(room_id); }

void RoomServiceSource::Get(const RoomReference& room, Duration timeout,
                            std::function<void(absl::StatusOr<RoomView>)> done) {
  room::v1::GetRoomRequest request;
  if (room.id.empty()) {
    request.set_room_id_hash(room.id_hash);
  } else {
    request.set_room_id(room.id);
  }
  {
    const absl::MutexLock lock(&mutex_);
    ++gets_under_way_;
  }
  rpc::CallUnary(*stub_->async(), &room::v1::RoomService::Stub::async_interface::GetRoom, std::move(request),
                 timeout, [this, done = std::move(done)](absl::StatusOr<room::v1::GetRoomResponse> response) {
                   const bool not_found = Is(response.status(), kRoomNotFound);
                   NoteAnswer(not_found ? absl::OkStatus() : response.status());
                   if (response.ok()) {
                     done(ToView(response->room(), response->position()));
                   } else {
                     done(MakeError(not_found ? kRoomNotFound : kServiceUnavailable));
                   }
                   const absl::MutexLock lock(&mutex_);
                   --gets_under_way_;
                 });
}

void RoomServiceSource::NoteAnswer(const absl::Status& status) {
  {
    const absl::MutexLock lock(&mutex_);
    // Anybody can have it asked any number of times.
    if (std::exchange(unanswered_, !status.ok()) == !status.ok()) return;
  }
  if (status.ok()) {
    log::Info("room-service answers again");
  } else {
    log::Warning("room-service gave no answer", {{"cause", status.ToString()}});
  }
}

void RoomServiceSource::WhenReached(std::function<void()> reached) {
  const absl::MutexLock lock(&mutex_);
  when_reached_ = std::move(reached);
  if (reached_ && when_reached_) when_reached_();
}

void RoomServiceSource::OnOpened() {
  const absl::MutexLock lock(&mutex_);
  if (!std::exchange(reached_, true) && when_reached_) when_reached_();
}

void RoomServiceSource::OnSnapshot(const std::string&, const room::v1::RoomSnapshot& snapshot, bool) {
  observer_->OnSnapshot(ToView(snapshot.room(), snapshot.position()));
}

void RoomServiceSource::OnEvent(const std::string& room_id, const room::v1::RoomEvent& event) {
  observer_->OnChange(room_id, ToChange(event));
}

void RoomServiceSource::OnEnded(const std::string& room_id, Watch::EndReason) { observer_->OnEnded(room_id); }

}  // namespace parley::messaging
