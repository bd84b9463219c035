#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <utility>

#include "common/grpc/call_stream.h"
#include "common/grpc/unary_rpc.h"
#include "parley/messaging/v1/messaging_service.grpc.pb.h"
#include "services/messaging/application/messaging_application.h"
#include "services/messaging/rpc/message_watch.h"

namespace parley::messaging {

using Calls = rpc::CallStream<v1::MakeCallsRequest, v1::MakeCallsResponse>;
using Watches = rpc::WatchStream<v1::WatchMessagesRequest, v1::WatchMessagesResponse>;

/// The door of messaging-service: judges requests as far as that is possible without a room, and translates
/// between the contract and the application.
class MessagingRpcService final : public v1::MessagingService::CallbackService {
 public:
  /// `application` must outlive the server that serves this.
  explicit MessagingRpcService(MessagingApplication& application) : application_(application) {}

  /// Ends all Watch streams, and those to come, with SHUTTING_DOWN; and the streams of calls, as soon as what
  /// they have taken is answered.
  void StopStreams() {
    watches_.Stop();
    call_streams_.Stop();
  }

  grpc::ServerUnaryReactor* SendMessage(grpc::CallbackServerContext* context,
                                        const v1::SendMessageRequest* request,
                                        v1::SendMessageResponse* response) override {
    return send_message_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* EditMessage(grpc::CallbackServerContext* context,
                                        const v1::EditMessageRequest* request,
                                        v1::EditMessageResponse* response) override {
    return edit_message_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* DeleteMessage(grpc::CallbackServerContext* context,
                                          const v1::DeleteMessageRequest* request,
                                          v1::DeleteMessageResponse* response) override {
    return delete_message_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const v1::ListMessagesRequest* request,
                                         v1::ListMessagesResponse* response) override {
    return list_messages_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* AwaitMembership(grpc::CallbackServerContext* context,
                                            const v1::AwaitMembershipRequest* request,
                                            v1::AwaitMembershipResponse* response) override {
    return await_membership_.Serve(context, request, response);
  }
  grpc::ServerUnaryReactor* ListMessageEvents(grpc::CallbackServerContext* context,
                                              const v1::ListMessageEventsRequest* request,
                                              v1::ListMessageEventsResponse* response) override {
    return list_message_events_.Serve(context, request, response);
  }
  grpc::ServerBidiReactor<v1::WatchMessagesRequest, v1::WatchMessagesResponse>* WatchMessages(
      grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<v1::MakeCallsRequest, v1::MakeCallsResponse>* MakeCalls(
      grpc::CallbackServerContext* context) override;

 private:
  // What the rpcs do, by whichever way a call comes.
  void SendMessage(const rpc::ServerCall& call, const v1::SendMessageRequest& request,
                   v1::SendMessageResponse* response);
  void EditMessage(const rpc::ServerCall& call, const v1::EditMessageRequest& request,
                   v1::EditMessageResponse* response);
  void DeleteMessage(const rpc::ServerCall& call, const v1::DeleteMessageRequest& request,
                     v1::DeleteMessageResponse* response);
  void ListMessages(const rpc::ServerCall& call, const v1::ListMessagesRequest& request,
                    v1::ListMessagesResponse* response);
  void AwaitMembership(const rpc::ServerCall& call, const v1::AwaitMembershipRequest& request,
                       v1::AwaitMembershipResponse* response);
  void ListMessageEvents(const rpc::ServerCall& call, const v1::ListMessageEventsRequest& request,
                         v1::ListMessageEventsResponse* response);

  MessagingApplication& application_;
  rpc::UnaryRpc<v1::SendMessageRequest, v1::SendMessageResponse> send_message_{
      "SendMessage", *this, &MessagingRpcService::SendMessage};
  rpc::UnaryRpc<v1::EditMessageRequest, v1::EditMessageResponse> edit_message_{
      "EditMessage", *this, &MessagingRpcService::EditMessage};
  rpc::UnaryRpc<v1::DeleteMessageRequest, v1::DeleteMessageResponse> delete_message_{
      "DeleteMessage", *this, &MessagingRpcService::DeleteMessage};
  rpc::UnaryRpc<v1::ListMessagesRequest, v1::ListMessagesResponse> list_messages_{
      "ListMessages", *this, &MessagingRpcService::ListMessages};
  rpc::UnaryRpc<v1::AwaitMembershipRequest, v1::AwaitMembershipResponse> await_membership_{
      "AwaitMembership", *this, &MessagingRpcService::AwaitMembership};
  rpc::UnaryRpc<v1::ListMessageEventsRequest, v1::ListMessageEventsResponse> list_message_events_{
      "ListMessageEvents", *this, &MessagingRpcService::ListMessageEvents};
  const rpc::RpcTable rpcs_{&send_message_,  &edit_message_,     &delete_message_,
                            &list_messages_, &await_membership_, &list_message_events_};
  const Watches::MakeDelegate make_watch_ = [this](std::shared_ptr<MessageWatch::Sink> sink) {
    return std::make_shared<MessageWatch>(application_, std::move(sink));
  };
  Watches::Set watches_;
  Calls::Set call_streams_;
};

}  // namespace parley::messaging
