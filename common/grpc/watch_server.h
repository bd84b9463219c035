#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/grpc/batch_stream.h"
#include "common/grpc/position_conversion.h"
#include "parley/common/v1/watch.pb.h"

namespace parley::rpc {

/// The service's end of one Watch stream.
///
/// `Request` has subscribe, unsubscribe and heartbeat, `Response` has updates, as WatchRooms and
/// WatchMessages.
template <typename Request, typename Response, typename Update>
class WatchStream final : public BatchStream<Request, Response, Update> {
 public:
  /// What the owner does with the client's requests. Called on gRPC's threads, one call at a time.
  class Delegate {
   public:
    virtual ~Delegate() = default;
    virtual void Subscribe(const parley::common::v1::Subscribe& subscribe) = 0;
    virtual void Unsubscribe(const std::string& room_id) = 0;
    /// Where the room is as far as has been pushed; nothing when it isn't followed.
    virtual std::optional<storage::Position> PositionOf(const std::string& room_id) = 0;
    /// The stream is over, the last call.
    virtual void Closed() = 0;
  };

  /// Begins; the returned reactor belongs to gRPC. To be called once, with a delegate that lives until
  /// Closed.
  grpc::ServerBidiReactor<Request, Response>* Start(Delegate* delegate) {
    delegate_ = delegate;
    return this->StartStream();
  }

 private:
  bool OnRequest(const Request& request) override {
    if (request.has_subscribe()) {
      delegate_->Subscribe(request.subscribe());
    } else if (request.has_unsubscribe()) {
      delegate_->Unsubscribe(request.unsubscribe().room_id());
      Update ended;
      ended.set_room_id(request.unsubscribe().room_id());
      ended.mutable_ended()->set_reason(parley::common::v1::SubscriptionEnded::REASON_UNSUBSCRIBED);
      this->Push(std::move(ended));
    } else if (request.has_heartbeat()) {
      AnswerHeartbeat(request.heartbeat().room_id());
    } else {
      this->End(MakeError(kInvalidRequest, "request: subscribe, unsubscribe or heartbeat must be set"));
      return false;
    }
    return true;
  }

  void OnClosed() override { delegate_->Closed(); }

  void AnswerHeartbeat(const std::string& room_id) {
    Update answer;
    answer.set_room_id(room_id);
    answer.mutable_heartbeat();
    if (!room_id.empty()) {
      const std::optional<storage::Position> position = delegate_->PositionOf(room_id);
      if (position) *answer.mutable_heartbeat()->mutable_position() = ToProto(*position);
    }
    this->Push(std::move(answer));
  }

  // Constant after Start.
  Delegate* delegate_ = nullptr;
};

}  // namespace parley::rpc
