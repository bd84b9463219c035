#pragma once

#include <grpcpp/grpcpp.h>

#include "common/grpc/rpc_counter.h"
#include "parley/messaging/v1/messaging_service.grpc.pb.h"
#include "services/messaging/application/messaging_application.h"
#include "services/messaging/rpc/message_watch.h"

namespace parley::messaging {

/// The door of messaging-service: judges requests as far as that is possible without a room, and translates
/// between the contract and the application.
class MessagingRpcService final : public v1::MessagingService::CallbackService {
 public:
  /// `application` must outlive the server that serves this.
  explicit MessagingRpcService(MessagingApplication& application) : application_(application) {}

  /// Ends all Watch streams, and those to come, with SHUTTING_DOWN.
  void StopWatches() { streams_.Stop(); }

  grpc::ServerUnaryReactor* SendMessage(grpc::CallbackServerContext* context,
                                        const v1::SendMessageRequest* request,
                                        v1::SendMessageResponse* response) override;
  grpc::ServerUnaryReactor* EditMessage(grpc::CallbackServerContext* context,
                                        const v1::EditMessageRequest* request,
                                        v1::EditMessageResponse* response) override;
  grpc::ServerUnaryReactor* DeleteMessage(grpc::CallbackServerContext* context,
                                          const v1::DeleteMessageRequest* request,
                                          v1::DeleteMessageResponse* response) override;
  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const v1::ListMessagesRequest* request,
                                         v1::ListMessagesResponse* response) override;
  grpc::ServerUnaryReactor* AwaitMembership(grpc::CallbackServerContext* context,
                                            const v1::AwaitMembershipRequest* request,
                                            v1::AwaitMembershipResponse* response) override;
  grpc::ServerUnaryReactor* ListMessageEvents(grpc::CallbackServerContext* context,
                                              const v1::ListMessageEventsRequest* request,
                                              v1::ListMessageEventsResponse* response) override;
  grpc::ServerBidiReactor<v1::WatchMessagesRequest, v1::WatchMessagesResponse>* WatchMessages(
      grpc::CallbackServerContext* context) override;

 private:
  MessagingApplication& application_;
  MessageStreams streams_;
  rpc::RpcCounter send_message_{"SendMessage"};
  rpc::RpcCounter edit_message_{"EditMessage"};
  rpc::RpcCounter delete_message_{"DeleteMessage"};
  rpc::RpcCounter list_messages_{"ListMessages"};
  rpc::RpcCounter await_membership_{"AwaitMembership"};
  rpc::RpcCounter list_message_events_{"ListMessageEvents"};
};

}  // namespace parley::messaging
