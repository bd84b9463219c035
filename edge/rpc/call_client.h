#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/clock/own_timers.h"
#include "common/grpc/status_conversion.h"
#include "common/grpc/watch.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "edge/rpc/call_client_stream.h"
#include "edge/rpc/calls_under_way.h"
#include "edge/rpc/completion_loop.h"
#include "edge/rpc/rest_policy.h"
#include "edge/rpc/update_coalescer.h"
#include "parley/common/v1/calls.pb.h"

namespace parley::edge {

/// Calls the unary rpcs of one service, and follows what happens in its rooms, over one stream, which it
/// opens again whenever that breaks; it is open once the service has sent its initial metadata, which it has
/// to do before the first call. What is called within one turn of a worker's loop leaves in one message, and
/// so does what is called until the service has begun to answer the message before, though it isn't held up
/// for longer than kLongestHold. So messages are as large as the load makes them, and their number is bounded
/// by the time of an answer. On two cores that are fully used this saves 15 to 25 % of all CPU time, and
/// costs no latency there.
///
/// Whenever a stream is read on, gRPC grants the service room for more, and wakes it with that; unless it has
/// something else to send at that moment. So while a RestPolicy allows it the stream rests: it is read on
/// with the next write, or after the longest rest. With 500 messages a second, one by one, this takes an
/// eighth off all CPU time.
///
/// `Traits` names the service: types Service, Request, Response, Watch (an rpc::Watch) and
///   static std::unique_ptr<grpc::ClientAsyncReaderWriter<Request, Response>> Prepare(
///       Service::Stub&, grpc::ClientContext*, grpc::CompletionQueue*)
///
/// Members may be called from any thread.
template <typename Traits>
class CallClient final : private Traits::Watch::Transport, private CallClientStream<Traits>::Owner {
 public:
  using Request = typename Traits::Request;
  using Response = typename Traits::Response;
  using Watch = typename Traits::Watch;
  using Executor = CallsUnderWay::Executor;
  using Done = CallsUnderWay::Done;

  static constexpr Duration kLongestRest{5};

  /// `name` is for the log. `loop`, `timers` and `clock` must outlive the client. `longest_rest`: how much
  /// later at most, give or take two milliseconds, the client may hear what others say.
  CallClient(std::string name, const std::shared_ptr<grpc::Channel>& channel, CompletionLoop& loop,
             TimerQueue& timers, const Clock& clock, Duration longest_rest = kLongestRest)
      : name_(std::move(name)),
        stub_(Traits::Service::NewStub(channel)),
        loop_(loop),
        timer_queue_(timers),
        clock_(clock),
        longest_rest_(longest_rest),
        timers_(timers, clock),
        rest_policy_(longest_rest) {}

  ~CallClient() override { Stop(); }

  CallClient(const CallClient&) = delete;
  CallClient& operator=(const CallClient&) = delete;

  /// The watch whose requests and updates the stream carries, as `name` and `options` make it; lives as long
  /// as the client. The observer is told one thing at a time, on the loop's threads or the timers', and must
  /// live until Stop. To be called once, before Start.
  Watch& MakeWatch(std::string name, typename Watch::Observer& observer, rpc::WatchOptions options = {}) {
    typename Watch::Transport& transport = *this;
    watch_ = std::make_unique<Watch>(std::move(name), transport, observer, timer_queue_, clock_, options);
    updates_ = std::make_unique<UpdateCoalescer<Watch, Updates>>(*watch_, timers_, kLongestHold);
    return *watch_;
  }

  /// Opens the stream; what was called before waits for it.
  void Start() { OpenStream(); }

  /// Calls an rpc by its name, such as "SendMessage", with its encoded request. `done` is called once, on
  /// `executor`; with SERVICE_UNAVAILABLE when no answer came within `timeout`, or when the stream broke
  /// before one came; with INVALID_REQUEST when the request is larger than any that the service would take. A
  /// call that the service couldn't be sent yet waits for that.
  ///
  /// `room_id` names the room that the watch is going to hear of with the answer, when it follows that and
  /// the call succeeds; empty for none.
  void Call(std::string rpc, std::string request, std::string room_id, std::chrono::milliseconds timeout,
            const Executor& executor, Done done) {
    if (request.size() > kMaxRequestBytes) {
      return boost::asio::post(executor, [done = std::move(done)]() mutable {
        done(MakeError(kInvalidRequest, "the request is too large"));
      });
    }
    const Time deadline = clock_.Now() + timeout;
    bool flush = false;
    {
      const absl::MutexLock lock(&mutex_);
      parley::common::v1::Call& call = waiting_.emplace_back();
      call.set_number(under_way_.Add(executor, std::move(done), deadline, std::move(room_id)));
      call.set_rpc(std::move(rpc));
      call.set_request(std::move(request));
      ExpireBy(deadline);
      flush = !std::exchange(flush_posted_, true);
    }
    // Behind what else this turn of the loop may call.
    if (flush) boost::asio::post(executor, [this] { Flush(); });
  }

  /// Calls that have not been sent yet, counting maybe some that have ended meanwhile.
  std::size_t waiting() {
    const absl::MutexLock lock(&mutex_);
    return waiting_.size();
  }

  /// Whether the stream is left unread for the moment.
  bool resting() {
    const absl::MutexLock lock(&mutex_);
    return stream_ != nullptr && stream_->resting();
  }

  /// Ends the stream and waits until that is over; calls that are under way are not answered any more, and
  /// nothing is told of any room.
  void Stop() {
    if (watch_ != nullptr) watch_->Stop();
    timers_.Stop();
    {
      const absl::MutexLock lock(&mutex_);
      stopping_ = true;
      if (stream_ != nullptr) stream_->Cancel();
      mutex_.Await(absl::Condition(
          +[](CallClient* self) ABSL_NO_THREAD_SAFETY_ANALYSIS { return self->stream_ == nullptr; }, this));
    }
    loop_.CancelTimer(this);
  }

 private:
  static constexpr Duration kFirstPause{100};
  static constexpr Duration kLongestPause{400};
  static constexpr Duration kLongestHold{5};
  /// Together well below the 4 MB that gRPC takes in one message: a larger one would break the stream, and
  /// with it all other calls.
  static constexpr std::size_t kMaxBatchBytes = 256 << 10;
  static constexpr std::size_t kMaxRequestBytes = 1 << 20;

  using Stream = CallClientStream<Traits>;
  using Updates = std::remove_cvref_t<decltype(std::declval<const Response&>().updates())>;

  void OpenStream() {
    const absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    typename Stream::Owner& owner = *this;
    // The first attempt tells why the service is away; the next lasts until it is there again.
    stream_ = std::make_unique<Stream>(owner, *stub_, loop_, pause_ > kFirstPause);
    stream_->Start();
  }

  void OnOpened() override {
    {
      const absl::MutexLock lock(&mutex_);
      log::Info("calls opened", {{"of", name_}});
      pause_ = kFirstPause;
      last_cause_ = "no answer came in time";
      // Not before: what gRPC keeps until it is connected would reach the service however late.
      writable_ = true;
      WriteWaiting();
    }
    if (watch_ != nullptr) watch_->Opened();
  }

  void Send(typename Watch::Request request) override {
    const absl::MutexLock lock(&mutex_);
    if (!writable_) return;
    waiting_watch_requests_.push_back(std::move(request));
    if (!Held()) WriteWaiting();
  }

  void Break() override {
    const absl::MutexLock lock(&mutex_);
    writable_ = false;
    if (stream_ != nullptr) stream_->Cancel();
  }

  void Flush() {
    {
      const absl::MutexLock lock(&mutex_);
      flush_posted_ = false;
      if (!CanWrite() || Held()) return;
    }
    loop_.Begin([this] {
      const absl::MutexLock lock(&mutex_);
      WriteWaiting();
    });
  }

  void OnWritten(bool ok) override {
    {
      const absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok) writable_ = false;
      if (!finished_) {
        if (!Held()) WriteWaiting();
        return;
      }
    }
    Closed();
  }

  bool CanWrite() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return writable_ && !writing_ && !(waiting_.empty() && waiting_watch_requests_.empty());
  }

  /// Whether what waits is held until there is an answer; then a timer will write it if there is none.
  bool Held() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!unanswered_ || !CanWrite()) return false;
    if (std::exchange(hold_ends_, true)) return true;
    timers_.After(kLongestHold, [this] {
      const absl::MutexLock lock(&mutex_);
      hold_ends_ = false;
      WriteWaiting();
    });
    return true;
  }

  void WriteWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!CanWrite()) return;
    Request& request = stream_->request();
    request.Clear();
    std::size_t bytes = 0;
    for (; !waiting_watch_requests_.empty() && bytes < kMaxBatchBytes; waiting_watch_requests_.pop_front()) {
      bytes += waiting_watch_requests_.front().ByteSizeLong();
      *request.add_watch_requests() = std::move(waiting_watch_requests_.front());
    }
    for (; !waiting_.empty() && bytes < kMaxBatchBytes; waiting_.pop_front()) {
      const std::optional<Time> deadline = under_way_.Send(waiting_.front().number());
      // Nobody waits for it any more, so it must not have an effect.
      if (!deadline) continue;
      // What is left of it: the service must not take the call up when nobody waits for it any more.
      const Duration left = std::max(*deadline - clock_.Now(), Duration(1));
      waiting_.front().set_timeout_ms(static_cast<std::uint32_t>(left.count()));
      bytes += waiting_.front().request().size();
      *request.add_calls() = std::move(waiting_.front());
    }
    if (request.calls_size() == 0 && request.watch_requests_size() == 0) return;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    request.set_sent_ms(
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()));
    rest_policy_.OnWritten(clock_.Now(), request.calls_size() > 0, request.watch_requests_size() > 0);
    writing_ = true;
    unanswered_ = unanswered_ || request.calls_size() > 0;
    stream_->Write();
  }

  bool OnRead(Response& response) override {
    const bool answers = response.answers_size() > 0;
    {
      const absl::MutexLock lock(&mutex_);
      rest_policy_.OnRead(clock_.Now(), answers, response.updates_size() > 0);
    }
    if (answers) HandleAnswers(response);
    if (watch_ != nullptr) updates_->Take(*response.mutable_updates(), AwaitsMoreOf(response.updates()));
    return !Rest();
  }

  /// Has the stream rest if it may; on the loop's threads. When it does, it and this may be gone on return.
  bool Rest() {
    const auto begin = [this] {
      const absl::MutexLock lock(&mutex_);
      if (under_way_.size() > 0 || !writable_ || stopping_ || !rest_policy_.MayRest(clock_.Now()))
        return false;
      stream_->Rest();
      return true;
    };
    return loop_.SetTimerIf(this, longest_rest_, begin, [this] {
      const absl::MutexLock lock(&mutex_);
      if (stream_ != nullptr) stream_->ReadOn();
    });
  }

  /// Whether calls are under way that make news of every room that the updates, all of them events, are of.
  bool AwaitsMoreOf(const Updates& updates) {
    const absl::MutexLock lock(&mutex_);
    return std::all_of(updates.begin(), updates.end(),
                       [this](const auto& update) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                         return update.has_event() && under_way_.AwaitsNewsOf(update.room_id());
                       });
  }

  void HandleAnswers(Response& response) {
    std::vector<CallsUnderWay::Ended> ended;
    ended.reserve(static_cast<std::size_t>(response.answers_size()));
    {
      const absl::MutexLock lock(&mutex_);
      for (parley::common::v1::Answer& answer : *response.mutable_answers()) {
        absl::StatusOr<std::string> result =
            answer.has_error() ? absl::StatusOr<std::string>(rpc::FromCallError(answer.error()))
                               : std::move(*answer.mutable_response());
        std::optional<CallsUnderWay::Ended> call = under_way_.End(answer.number(), std::move(result));
        if (call) ended.push_back(*std::move(call));
      }
      unanswered_ = false;
      WriteWaiting();
    }
    Tell(std::move(ended));
  }

  /// What a call without an answer comes to. Why the service is away, if it is, is for the log.
  absl::Status Unanswered() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return rpc::FromGrpcStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, last_cause_));
  }

  void OnEnding() override {
    {
      const absl::MutexLock lock(&mutex_);
      writable_ = false;
    }
    if (watch_ == nullptr) return;
    updates_->Flush();
    watch_->Broken();
  }

  void OnFinished() override {
    {
      const absl::MutexLock lock(&mutex_);
      finished_ = true;
      if (writing_) return;
    }
    Closed();
  }

  /// Nothing of the stream is under way any more.
  void Closed() {
    std::vector<CallsUnderWay::Ended> ended;
    {
      const absl::MutexLock lock(&mutex_);
      writable_ = unanswered_ = finished_ = false;
      waiting_watch_requests_.clear();
      const std::unique_ptr<Stream> stream = std::move(stream_);
      const grpc::Status& status = stream->status();
      if (stopping_) return;
      // Of the attempts while the service is away the first stands for all.
      if (pause_ == kFirstPause) {
        log::Warning("calls broken", {{"of", name_},
                                      {"code", static_cast<int>(status.error_code())},
                                      {"cause", status.error_message()}});
      }
      last_cause_ = status.error_message();
      // What they came to is not known, whatever the stream came to.
      ended = under_way_.EndSent(Unanswered());
      timers_.After(pause_, [this] { OpenStream(); });
      pause_ = std::min(2 * pause_, kLongestPause);
    }
    Tell(std::move(ended));
  }

  /// Has Expire called at `deadline`, or by a call of it before then.
  void ExpireBy(Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!expiries_.empty() && *expiries_.begin() <= deadline) return;
    expiries_.insert(deadline);
    timers_.At(deadline, [this, deadline] { Expire(deadline); });
  }

  /// Ends the calls whose time is up, as it was to at `when`.
  void Expire(Time when) {
    std::vector<CallsUnderWay::Ended> ended;
    {
      const absl::MutexLock lock(&mutex_);
      expiries_.erase(when);
      ended = under_way_.EndExpired(clock_.Now(), Unanswered());
      ForgetEnded();
      if (const Time next = under_way_.NextDeadline(); next != Time::max()) ExpireBy(next);
    }
    Tell(std::move(ended));
  }

  /// Lets go of what waits but has ended, which while the service is away nothing else does. Not each time,
  /// because it looks at all that waits.
  void ForgetEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (waiting_.size() <= 2 * under_way_.size()) return;
    std::erase_if(waiting_, [this](const parley::common::v1::Call& call) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return !under_way_.Contains(call.number());
    });
  }

  // Constant after construction.
  const std::string name_;
  const std::unique_ptr<typename Traits::Service::Stub> stub_;
  /// What its timers hold is taken before mutex_.
  CompletionLoop& loop_;
  TimerQueue& timer_queue_;
  const Clock& clock_;
  const Duration longest_rest_;
  /// Their lock is taken before mutex_.
  OwnTimers timers_;

  /// Taken after the watch's.
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Stream> stream_ ABSL_GUARDED_BY(mutex_);
  /// The stream has come to its end, but for a write.
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool writable_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  /// The last message that was written has not been answered even in part.
  bool unanswered_ ABSL_GUARDED_BY(mutex_) = false;
  bool flush_posted_ ABSL_GUARDED_BY(mutex_) = false;
  RestPolicy rest_policy_ ABSL_GUARDED_BY(mutex_);
  /// A timer will write what is held.
  bool hold_ends_ ABSL_GUARDED_BY(mutex_) = false;
  Duration pause_ ABSL_GUARDED_BY(mutex_) = kFirstPause;
  std::string last_cause_ ABSL_GUARDED_BY(mutex_) = "not connected yet";
  /// Not sent yet, in order. Those whose time is up are passed over.
  std::deque<parley::common::v1::Call> waiting_ ABSL_GUARDED_BY(mutex_);
  std::deque<typename Watch::Request> waiting_watch_requests_ ABSL_GUARDED_BY(mutex_);
  CallsUnderWay under_way_ ABSL_GUARDED_BY(mutex_);
  /// When Expire is going to be called: each is earlier than those that were there before it.
  std::set<Time> expiries_ ABSL_GUARDED_BY(mutex_);

  // Constant from Start on. Destroyed first: they use this.
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<UpdateCoalescer<Watch, Updates>> updates_;
};

}  // namespace parley::edge
