#include "services/messaging/rpc/messaging_rpc_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/grpc/position_conversion.h"
#include "common/grpc/status_conversion.h"
#include "common/log/log.h"
#include "services/messaging/rpc/request_validation.h"
#include "services/messaging/store/message_conversion.h"

namespace parley::messaging {
namespace {

constexpr std::size_t kDefaultPageSize = 50;
constexpr std::size_t kMaxPageSize = 200;

Time DeadlineOf(const grpc::CallbackServerContext& context) {
  return std::chrono::floor<Duration>(context.deadline());
}

RoomReference RoomOf(const v1::RoomReference& room) {
  // At most one is set; the other reads as empty.
  return {room.room_id(), room.room_id_hash()};
}

template <typename Request>
Call CallOf(const grpc::CallbackServerContext& context, const Request& request) {
  return {RoomOf(request.room()), request.from().participant_id(), request.from().key(), request.request_id(),
          DeadlineOf(context)};
}

/// Ends a call, counts and logs it. To be called once per call.
class Answer {
 public:
  Answer(grpc::ServerUnaryReactor* reactor, RpcCounter& counter) : reactor_(reactor), counter_(counter) {}

  void operator()(const absl::Status& status) const {
    counter_.Count(status.code());
    reactor_->Finish(rpc::ToGrpcStatus(status));
  }

 private:
  grpc::ServerUnaryReactor* const reactor_;
  RpcCounter& counter_;
};

/// Says what came of a command, without anything that is nobody's business.
void LogCommand(const char* what, const Call& call, const absl::Status& status) {
  if (!log::Enabled(log::Level::kDebug)) return;
  log::Debug(what, {{"room_id", call.room.id},
                    {"room_id_hash", call.room.id_hash},
                    {"participant_id", call.participant_id},
                    {"request_id", call.request_id},
                    {"code", std::string(absl::StatusCodeToString(status.code()))}});
}

}  // namespace

grpc::ServerUnaryReactor* MessagingRpcService::SendMessage(grpc::CallbackServerContext* context,
                                                           const v1::SendMessageRequest* request,
                                                           v1::SendMessageResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Answer answer(reactor, send_message_);
  if (const absl::Status status = Validate(*request); !status.ok()) {
    answer(status);
    return reactor;
  }
  std::optional<std::string> to;
  if (request->to().has_participant_id()) to = request->to().participant_id();
  const Call call = CallOf(*context, *request);
  application_.SendMessage(call, std::move(to), request->content(),
                           [answer, response, call](const absl::StatusOr<Message>& message) {
                             LogCommand("SendMessage", call, message.status());
                             if (message.ok()) *response->mutable_message() = ToProto(*message);
                             answer(message.status());
                           });
  return reactor;
}

grpc::ServerUnaryReactor* MessagingRpcService::EditMessage(grpc::CallbackServerContext* context,
                                                           const v1::EditMessageRequest* request,
                                                           v1::EditMessageResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Answer answer(reactor, edit_message_);
  if (const absl::Status status = Validate(*request); !status.ok()) {
    answer(status);
    return reactor;
  }
  const Call call = CallOf(*context, *request);
  application_.EditMessage(call, request->message_id(), request->content(),
                           [answer, response, call](const absl::StatusOr<Message>& message) {
                             LogCommand("EditMessage", call, message.status());
                             if (message.ok()) *response->mutable_message() = ToProto(*message);
                             answer(message.status());
                           });
  return reactor;
}

grpc::ServerUnaryReactor* MessagingRpcService::DeleteMessage(grpc::CallbackServerContext* context,
                                                             const v1::DeleteMessageRequest* request,
                                                             v1::DeleteMessageResponse*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Answer answer(reactor, delete_message_);
  if (const absl::Status status = Validate(*request); !status.ok()) {
    answer(status);
    return reactor;
  }
  const Call call = CallOf(*context, *request);
  application_.DeleteMessage(call, request->message_id(), [answer, call](const absl::Status& status) {
    LogCommand("DeleteMessage", call, status);
    answer(status);
  });
  return reactor;
}

grpc::ServerUnaryReactor* MessagingRpcService::ListMessages(grpc::CallbackServerContext* context,
                                                            const v1::ListMessagesRequest* request,
                                                            v1::ListMessagesResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Answer answer(reactor, list_messages_);
  if (const absl::Status status = Validate(*request); !status.ok()) {
    answer(status);
    return reactor;
  }
  const Call call{RoomOf(request->room()),
                  request->credentials().participant_id(),
                  request->credentials().key(),
                  {},
                  DeadlineOf(*context)};
  const auto wanted = static_cast<std::size_t>(request->page_size());
  const std::size_t page_size = wanted == 0 ? kDefaultPageSize : std::min(wanted, kMaxPageSize);
  std::optional<storage::Position> membership_position;
  if (request->has_membership_position())
    membership_position = rpc::FromProto(request->membership_position());
  application_.ListMessages(call, page_size, membership_position,
                            [answer, response](const absl::StatusOr<MessageListing>& listing) {
                              if (listing.ok()) {
                                for (const Message& message : listing->page.messages)
                                  *response->add_messages() = ToProto(message);
                                response->set_has_more(listing->page.has_more);
                                *response->mutable_position() = rpc::ToProto(listing->position);
                                for (const FormerParticipant& former : listing->former_participants) {
                                  v1::FormerParticipant& added = *response->add_former_participants();
                                  added.set_id(former.id);
                                  added.set_name(former.name);
                                }
                              }
                              answer(listing.status());
                            });
  return reactor;
}

grpc::ServerUnaryReactor* MessagingRpcService::AwaitMembership(grpc::CallbackServerContext* context,
                                                               const v1::AwaitMembershipRequest* request,
                                                               v1::AwaitMembershipResponse*) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const Answer answer(reactor, await_membership_);
  if (const absl::Status status = Validate(*request); !status.ok()) {
    answer(status);
    return reactor;
  }
  application_.AwaitMembership(request->room_id(), rpc::FromProto(request->position()), DeadlineOf(*context),
                               answer);
  return reactor;
}

grpc::ServerBidiReactor<v1::WatchMessagesRequest, v1::WatchMessagesResponse>*
MessagingRpcService::WatchMessages(grpc::CallbackServerContext*) {
  return MessageWatch::Start(application_, streams_);
}

}  // namespace parley::messaging
