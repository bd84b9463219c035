#pragma once

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/clock/clock.h"
#include "common/grpc/batch_stream.h"
#include "common/grpc/unary_rpc.h"
#include "common/grpc/watch_server.h"

namespace parley::rpc {

/// The unary rpcs of a service, by their names. Constant after construction.
class RpcTable {
 public:
  RpcTable(std::initializer_list<StreamedRpc*> rpcs) {
    for (StreamedRpc* rpc : rpcs) rpcs_.emplace(rpc->name(), rpc);
  }

  /// Null when there is none of that name.
  StreamedRpc* Find(const std::string& name) const {
    const auto found = rpcs_.find(name);
    return found == rpcs_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string, StreamedRpc*> rpcs_;
};

/// The service's end of one stream of MakeCalls: leads the calls to their rpcs, follows rooms, and writes
/// answers and updates in batches. What comes in one message is handled within one Turn.
template <typename Request, typename Response>
class CallStream final : public BatchStream<Request, Response>, public AnswerSink {
 public:
  using Set = StreamSet<CallStream>;
  using MakeDelegate = MakeWatchDelegate<UpdateIn<Response>>;

  /// Begins; the returned reactor belongs to gRPC. Everything must outlive the stream, as stopping all of
  /// `streams` and waiting for the server does. A delegate is made for the first request to follow a room.
  static grpc::ServerBidiReactor<Request, Response>* Start(const RpcTable& rpcs,
                                                           const MakeDelegate& make_delegate, Set& streams) {
    const auto stream = std::make_shared<CallStream>(rpcs, make_delegate, streams);
    auto* reactor = stream->StartStream();
    if (!streams.Add(stream)) stream->Stop();
    return reactor;
  }

  /// Use Start.
  CallStream(const RpcTable& rpcs, const MakeDelegate& make_delegate, Set& streams)
      : rpcs_(rpcs), make_delegate_(make_delegate), streams_(streams) {}

  /// What was taken is still answered.
  void Stop() override { this->EndWhenSettled(MakeError(kShuttingDown)); }

  void Answer(absl::FunctionRef<void(parley::common::v1::Answer&)> fill) override {
    this->template PushOwed<parley::common::v1::Answer>(fill);
  }

 private:
  bool OnRequest(const Request& request) override {
    if (!this->Owe(static_cast<std::size_t>(request.calls_size()))) return false;
    const auto self = std::static_pointer_cast<CallStream>(this->shared_from_this());
    for (const auto& watch_request : request.watch_requests()) {
      if (delegate_ == nullptr) delegate_ = make_delegate_(self);
      if (!ServeWatchRequest(watch_request, *delegate_, *this)) return false;
    }
    const Time sent =
        std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()) - DelayOf(request);
    for (const parley::common::v1::Call& call : request.calls()) {
      if (StreamedRpc* const rpc = rpcs_.Find(call.rpc())) {
        rpc->ServeStreamed(call, sent, self);
      } else {
        Answer([&call](parley::common::v1::Answer& answer) {
          answer.set_number(call.number());
          *answer.mutable_error() = ToCallError(MakeError(kUnknownRpc));
        });
      }
    }
    return true;
  }

  /// For how much longer than the fastest message of the stream this one was on its way. A service that was
  /// frozen finds what was sent to it meanwhile, and gRPC doesn't tell how old it is.
  Duration DelayOf(const Request& request) {
    if (request.sent_ms() == 0 || request.sent_ms() >> 62 != 0) return Duration::zero();
    const auto now =
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
    const Duration offset = now - Duration(static_cast<Duration::rep>(request.sent_ms()));
    // Only the recent past counts, because the clocks drift apart, and one may have stood still.
    if (now - window_began_ > kWindow) {
      least_offset_before_ = std::exchange(least_offset_, offset);
      window_began_ = now;
    }
    least_offset_ = std::min(least_offset_, offset);
    return offset - std::min(least_offset_, least_offset_before_);
  }

  static constexpr Duration kWindow{60'000};

  void OnClosed() override {
    streams_.Remove(std::static_pointer_cast<CallStream>(this->shared_from_this()));
    if (delegate_ != nullptr) std::exchange(delegate_, nullptr)->Closed();
  }

  // Constant after construction.
  const RpcTable& rpcs_;
  const MakeDelegate& make_delegate_;
  Set& streams_;

  // From the first request to follow a room until OnClosed; touched by these two only.
  std::shared_ptr<WatchDelegate> delegate_;

  // Between the caller's clock and this one's, in this window of time and in the one before; touched by
  // OnRequest only.
  Duration least_offset_ = Duration::max();
  Duration least_offset_before_ = Duration::max();
  Duration window_began_ = Duration::min() / 2;
};

}  // namespace parley::rpc
