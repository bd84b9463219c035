#include "tests/services/messaging/support/messaging_server.h"

#include <utility>

#include "common/grpc/channel.h"
#include "common/grpc/position_conversion.h"
#include "common/grpc/status_conversion.h"
#include "common/ids/digest.h"
#include "tests/support/connected_channel.h"

namespace parley::messaging {
namespace {

room::v1::Participant ParticipantOf(const std::string& id) {
  room::v1::Participant participant;
  participant.set_id(id);
  participant.set_name("name of " + id);
  participant.set_key_sha256(Sha256("key of " + id));
  return participant;
}

void SetCredentials(v1::Credentials& credentials, const std::string& participant_id) {
  credentials.set_participant_id(participant_id);
  credentials.set_key("key of " + participant_id);
}

template <typename Request, typename Response>
absl::StatusOr<Response> CallWith(v1::MessagingService::Stub& stub,
                                  grpc::Status (v1::MessagingService::Stub::*method)(grpc::ClientContext*,
                                                                                     const Request&,
                                                                                     Response*),
                                  const Request& request, Duration timeout) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  return response;
}

}  // namespace

ScriptedRooms::ScriptedRooms() {
  service_.set_subscribe_answer([this](const parley::common::v1::Subscribe& subscribe) {
    const absl::MutexLock lock(&mutex_);
    const auto room = rooms_.find(subscribe.room_id());
    if (room == rooms_.end()) {
      return EndedUpdate(subscribe.room_id(), parley::common::v1::SubscriptionEnded::REASON_ROOM_NOT_FOUND);
    }
    room::v1::RoomUpdate update;
    update.set_room_id(subscribe.room_id());
    *update.mutable_snapshot() = room->second;
    return update;
  });
  service_.set_get_answer(
      [this](const room::v1::GetRoomRequest& request) -> absl::StatusOr<room::v1::GetRoomResponse> {
        const absl::MutexLock lock(&mutex_);
        for (const auto& [room_id, snapshot] : rooms_) {
          if (room_id != request.room_id() && Md5Hex(room_id) != request.room_id_hash()) continue;
          room::v1::GetRoomResponse response;
          *response.mutable_room() = snapshot.room();
          *response.mutable_position() = snapshot.position();
          return response;
        }
        return MakeError(kRoomNotFound);
      });
}

storage::Position ScriptedRooms::Create(const std::string& room_id, std::uint64_t incarnation,
                                        const std::vector<std::string>& participants) {
  const absl::MutexLock lock(&mutex_);
  room::v1::RoomSnapshot snapshot;
  snapshot.mutable_room()->set_id(room_id);
  for (const std::string& id : participants) *snapshot.mutable_room()->add_participants() = ParticipantOf(id);
  const storage::Position position{incarnation, 1 + participants.size()};
  *snapshot.mutable_position() = rpc::ToProto(position);
  rooms_[room_id] = std::move(snapshot);
  return position;
}

room::v1::RoomUpdate ScriptedRooms::Next(const std::string& room_id) {
  auto& position = *rooms_.at(room_id).mutable_position();
  position.set_sequence(position.sequence() + 1);
  room::v1::RoomUpdate update;
  update.set_room_id(room_id);
  *update.mutable_event()->mutable_position() = position;
  return update;
}

storage::Position ScriptedRooms::Join(const std::string& room_id, const std::string& participant_id,
                                      bool tell) {
  room::v1::RoomUpdate update;
  {
    const absl::MutexLock lock(&mutex_);
    update = Next(room_id);
    *update.mutable_event()->mutable_participant_joined()->mutable_participant() =
        ParticipantOf(participant_id);
    *rooms_.at(room_id).mutable_room()->add_participants() = ParticipantOf(participant_id);
  }
  if (tell) service_.Tell(update);
  return rpc::FromProto(update.event().position());
}

storage::Position ScriptedRooms::Leave(const std::string& room_id, const std::string& participant_id) {
  room::v1::RoomUpdate update;
  {
    const absl::MutexLock lock(&mutex_);
    update = Next(room_id);
    update.mutable_event()->mutable_participant_left()->set_participant_id(participant_id);
    auto& participants = *rooms_.at(room_id).mutable_room()->mutable_participants();
    for (int i = 0; i < participants.size(); ++i) {
      if (participants[i].id() == participant_id) participants.DeleteSubrange(i--, 1);
    }
  }
  service_.Tell(update);
  return rpc::FromProto(update.event().position());
}

void ScriptedRooms::Destroy(const std::string& room_id) {
  room::v1::WatchRoomsResponse response;
  {
    const absl::MutexLock lock(&mutex_);
    *response.add_updates() = Next(room_id);
    response.mutable_updates(0)->mutable_event()->mutable_room_destroyed();
    *response.add_updates() =
        EndedUpdate(room_id, parley::common::v1::SubscriptionEnded::REASON_ROOM_DESTROYED);
    rooms_.erase(room_id);
  }
  service_.Tell(response);
}

MessagingServer::MessagingServer(const std::string& room_service_address, const Limits& limits)
    : timers_(clock_),
      source_(rpc::MakeChannel(room_service_address), timers_, clock_),
      application_(store_, source_,
                   [this](Time when, std::function<void()> fire) { timers_.At(when, std::move(fire)); },
                   clock_, ids_, {.send_limit = limits.send_limit, .longest_wait = limits.longest_wait}),
      service_(application_) {
  source_.Start(application_.room_observer());
  server_ = std::make_unique<rpc::GrpcServer>("127.0.0.1:0", std::vector<grpc::Service*>{&service_});
  stub_ = v1::MessagingService::NewStub(parley::testing::ConnectedChannel(server_->port()));
}

MessagingServer::~MessagingServer() {
  service_.StopStreams();
  application_.Stop();
  server_ = nullptr;
  source_.Stop();
  timers_.Stop();
}

absl::StatusOr<v1::SendMessageResponse> MessagingServer::Send(const v1::SendMessageRequest& request,
                                                              Duration timeout) {
  return CallWith(*stub_, &v1::MessagingService::Stub::SendMessage, request, timeout);
}

absl::StatusOr<v1::EditMessageResponse> MessagingServer::Edit(const v1::EditMessageRequest& request) {
  return CallWith(*stub_, &v1::MessagingService::Stub::EditMessage, request, kPatience);
}

absl::StatusOr<v1::DeleteMessageResponse> MessagingServer::Delete(const v1::DeleteMessageRequest& request) {
  return CallWith(*stub_, &v1::MessagingService::Stub::DeleteMessage, request, kPatience);
}

absl::StatusOr<v1::ListMessagesResponse> MessagingServer::List(const v1::ListMessagesRequest& request) {
  return CallWith(*stub_, &v1::MessagingService::Stub::ListMessages, request, kPatience);
}

absl::Status MessagingServer::AwaitMembership(const std::string& room_id,
                                              const parley::common::v1::Position& position) {
  v1::AwaitMembershipRequest request;
  request.set_room_id(room_id);
  *request.mutable_position() = position;
  return CallWith(*stub_, &v1::MessagingService::Stub::AwaitMembership, request, kPatience).status();
}

absl::StatusOr<v1::SendMessageResponse> MessagingServer::Say(const std::string& room_id,
                                                             const std::string& from, const std::string& to,
                                                             const std::string& content) {
  return Send(SendRequest(room_id, from, to, content));
}

v1::SendMessageRequest SendRequest(const std::string& room_id, const std::string& from, const std::string& to,
                                   const std::string& content) {
  v1::SendMessageRequest request;
  request.mutable_room()->set_room_id(room_id);
  SetCredentials(*request.mutable_from(), from);
  if (to.empty()) {
    request.mutable_to()->mutable_everyone();
  } else {
    request.mutable_to()->set_participant_id(to);
  }
  request.set_content(content);
  return request;
}

v1::EditMessageRequest EditRequest(const std::string& room_id, const std::string& from,
                                   const std::string& message_id, const std::string& content) {
  v1::EditMessageRequest request;
  request.mutable_room()->set_room_id(room_id);
  SetCredentials(*request.mutable_from(), from);
  request.set_message_id(message_id);
  request.set_content(content);
  return request;
}

v1::DeleteMessageRequest DeleteRequest(const std::string& room_id, const std::string& from,
                                       const std::string& message_id) {
  v1::DeleteMessageRequest request;
  request.mutable_room()->set_room_id(room_id);
  SetCredentials(*request.mutable_from(), from);
  request.set_message_id(message_id);
  return request;
}

v1::ListMessagesRequest ListRequest(const std::string& room_id, const std::string& from) {
  v1::ListMessagesRequest request;
  request.mutable_room()->set_room_id(room_id);
  SetCredentials(*request.mutable_credentials(), from);
  return request;
}

}  // namespace parley::messaging
