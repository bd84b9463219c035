#include "services/messaging/rpc/messaging_rpc_service.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "common/grpc/event_page.h"
#include "common/grpc/position_conversion.h"
#include "common/grpc/server_call.h"
#include "services/messaging/rpc/request_validation.h"
#include "services/messaging/store/message_conversion.h"

namespace parley::messaging {
namespace {

using rpc::ServerCall;

constexpr std::size_t kDefaultPageSize = 50;
constexpr std::size_t kMaxPageSize = 200;

RoomReference RoomOf(const v1::RoomReference& room) {
  // At most one is set; the other reads as empty.
  return {room.room_id(), room.room_id_hash()};
}

template <typename Request>
Call CallOf(const Request& request, const ServerCall& server_call) {
  return {RoomOf(request.room()), request.from().participant_id(), request.from().key(), request.request_id(),
          server_call.deadline()};
}

/// Answers with a message and nothing else.
template <typename Response>
std::function<void(absl::StatusOr<Message>)> FinishWithMessage(const ServerCall& call, Response* response) {
  return [call, response](const absl::StatusOr<Message>& message) {
    if (message.ok()) Fill(*message, *response->mutable_message());
    call.Finish(message.status());
  };
}

void Fill(const MessageListing& listing, v1::ListMessagesResponse& response) {
  for (const Message& message : listing.page.messages) Fill(message, *response.add_messages());
  response.set_has_more(listing.page.has_more);
  *response.mutable_position() = rpc::ToProto(listing.position);
  for (const ParticipantName& former : listing.former_participants) {
    v1::FormerParticipant& added = *response.add_former_participants();
    added.set_id(former.id);
    added.set_name(former.name);
  }
}

}  // namespace

void MessagingRpcService::SendMessage(const ServerCall& call, const v1::SendMessageRequest& request,
                                      v1::SendMessageResponse* response) {
  if (const absl::Status status = Validate(request); !status.ok()) return call.Finish(status);
  std::optional<std::string> to;
  if (request.to().has_participant_id()) to = request.to().participant_id();
  application_.SendMessage(CallOf(request, call), std::move(to), request.content(),
                           FinishWithMessage(call, response));
}

void MessagingRpcService::EditMessage(const ServerCall& call, const v1::EditMessageRequest& request,
                                      v1::EditMessageResponse* response) {
  if (const absl::Status status = Validate(request); !status.ok()) return call.Finish(status);
  application_.EditMessage(CallOf(request, call), request.message_id(), request.content(),
                           FinishWithMessage(call, response));
}

void MessagingRpcService::DeleteMessage(const ServerCall& call, const v1::DeleteMessageRequest& request,
                                        v1::DeleteMessageResponse*) {
  if (const absl::Status status = Validate(request); !status.ok()) return call.Finish(status);
  application_.DeleteMessage(CallOf(request, call), request.message_id(),
                             [call](const absl::Status& status) { call.Finish(status); });
}

void MessagingRpcService::ListMessages(const ServerCall& call, const v1::ListMessagesRequest& request,
                                       v1::ListMessagesResponse* response) {
  const v1::Credentials& credentials = request.credentials();
  if (const absl::Status status = Validate(request); !status.ok()) return call.Finish(status);
  const auto wanted = static_cast<std::size_t>(request.page_size());
  const std::size_t page_size = wanted == 0 ? kDefaultPageSize : std::min(wanted, kMaxPageSize);
  std::optional<storage::Position> membership_position;
  if (request.has_membership_position()) membership_position = rpc::FromProto(request.membership_position());
  application_.ListMessages(
      {RoomOf(request.room()), credentials.participant_id(), credentials.key(), {}, call.deadline()},
      page_size, membership_position, [call, response](const absl::StatusOr<MessageListing>& listing) {
        if (listing.ok()) Fill(*listing, *response);
        call.Finish(listing.status());
      });
}

void MessagingRpcService::AwaitMembership(const ServerCall& call, const v1::AwaitMembershipRequest& request,
                                          v1::AwaitMembershipResponse*) {
  if (const absl::Status status = Validate(request); !status.ok()) return call.Finish(status);
  application_.AwaitMembership(request.room_id(), rpc::FromProto(request.position()), call.deadline(),
                               [call](const absl::Status& status) { call.Finish(status); });
}

void MessagingRpcService::ListMessageEvents(const ServerCall& call,
                                            const v1::ListMessageEventsRequest& request,
                                            v1::ListMessageEventsResponse* response) {
  if (const absl::Status status = Validate(request); !status.ok()) return call.Finish(status);
  application_.ListMessageEvents(request.room_id(), rpc::FromProto(request.after()), call.deadline(),
                                 [call, response](const absl::StatusOr<EventPage<MessagingCodec>>& page) {
                                   if (page.ok()) rpc::FillEventPage(*page, *response);
                                   call.Finish(page.status());
                                 });
}

grpc::ServerBidiReactor<v1::WatchMessagesRequest, v1::WatchMessagesResponse>*
MessagingRpcService::WatchMessages(grpc::CallbackServerContext*) {
  return Watches::Start(make_watch_, watches_);
}

grpc::ServerBidiReactor<v1::MakeCallsRequest, v1::MakeCallsResponse>* MessagingRpcService::MakeCalls(
    grpc::CallbackServerContext*) {
  return Calls::Start(rpcs_, make_watch_, call_streams_);
}

}  // namespace parley::messaging
