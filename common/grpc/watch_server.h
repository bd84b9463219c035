#pragma once

#include <prometheus/gauge.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/grpc/batch_stream.h"
#include "common/grpc/position_conversion.h"
#include "parley/common/v1/watch.pb.h"

namespace parley::rpc {

/// The metric of how many streams there are on which rooms are followed, for WatchDelegates to keep.
prometheus::Gauge& OpenWatchStreams();

/// What is done with the requests to follow rooms that come on one stream. Called on gRPC's threads, one call
/// at a time.
class WatchDelegate {
 public:
  virtual ~WatchDelegate() = default;
  virtual void Subscribe(const parley::common::v1::Subscribe& subscribe) = 0;
  virtual void Unsubscribe(const std::string& room_id) = 0;
  /// Where the room is as far as has been pushed; nothing when it isn't followed.
  virtual std::optional<storage::Position> PositionOf(const std::string& room_id) = 0;
  /// The stream is over, the last call.
  virtual void Closed() = 0;
};

/// Makes the delegate of a stream, which lives until it is told that the stream is closed, or longer.
template <typename Update>
using MakeWatchDelegate = std::function<std::shared_ptr<WatchDelegate>(std::shared_ptr<UpdateSink<Update>>)>;

template <typename Update>
void AnswerHeartbeat(const std::string& room_id, WatchDelegate& delegate, UpdateSink<Update>& sink) {
  std::optional<storage::Position> position;
  if (!room_id.empty()) position = delegate.PositionOf(room_id);
  sink.Push([&](Update& answer) {
    answer.set_room_id(room_id);
    answer.mutable_heartbeat();
    if (position) *answer.mutable_heartbeat()->mutable_position() = ToProto(*position);
  });
}

/// Serves one request of WatchRooms or WatchMessages: it has subscribe, unsubscribe or heartbeat. False when
/// it has none, and the stream is therefore ended.
template <typename Request, typename Update>
bool ServeWatchRequest(const Request& request, WatchDelegate& delegate, UpdateSink<Update>& sink) {
  if (request.has_subscribe()) {
    delegate.Subscribe(request.subscribe());
  } else if (request.has_unsubscribe()) {
    delegate.Unsubscribe(request.unsubscribe().room_id());
    sink.Push([&request](Update& ended) {
      ended.set_room_id(request.unsubscribe().room_id());
      ended.mutable_ended()->set_reason(parley::common::v1::SubscriptionEnded::REASON_UNSUBSCRIBED);
    });
  } else if (request.has_heartbeat()) {
    AnswerHeartbeat(request.heartbeat().room_id(), delegate, sink);
  } else {
    sink.End(MakeError(kInvalidRequest, "request: subscribe, unsubscribe or heartbeat must be set"));
    return false;
  }
  return true;
}

/// The service's end of one stream of WatchRooms or WatchMessages.
template <typename Request, typename Response>
class WatchStream final : public BatchStream<Request, Response> {
 public:
  using Set = StreamSet<WatchStream>;
  using MakeDelegate = MakeWatchDelegate<UpdateIn<Response>>;

  /// Begins; the returned reactor belongs to gRPC. `streams` must outlive the stream, as stopping all of them
  /// and waiting for the server does.
  static grpc::ServerBidiReactor<Request, Response>* Start(const MakeDelegate& make_delegate, Set& streams) {
    const auto stream = std::make_shared<WatchStream>(streams);
    stream->delegate_ = make_delegate(stream);
    auto* reactor = stream->StartStream();
    if (!streams.Add(stream)) stream->Stop();
    return reactor;
  }

  /// Use Start.
  explicit WatchStream(Set& streams) : streams_(streams) {}

 private:
  bool OnRequest(const Request& request) override { return ServeWatchRequest(request, *delegate_, *this); }

  void OnClosed() override {
    streams_.Remove(std::static_pointer_cast<WatchStream>(this->shared_from_this()));
    std::exchange(delegate_, nullptr)->Closed();
  }

  // Constant after construction.
  Set& streams_;

  // From Start until OnClosed.
  std::shared_ptr<WatchDelegate> delegate_;
};

}  // namespace parley::rpc
