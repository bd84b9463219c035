#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/own_timers.h"
#include "common/grpc/position_conversion.h"
#include "common/grpc/watch_cursor.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "parley/common/v1/watch.pb.h"

namespace parley::rpc {

/// How a WatchClient makes sure that it is told something.
struct WatchOptions {
  /// Between heartbeats.
  Duration heartbeat_interval{2'000};
  /// How many intervals an answer may take before the stream is given up.
  int longest_silence = 3;
};

/// Follows any number of rooms over one Watch stream. Opens the stream again whenever it breaks or a
/// heartbeat isn't answered, resumes every room after the last event that was delivered, and delivers each
/// event once and in order.
///
/// `Traits` names the service: types Service, Request, Response, Snapshot, Event and
///   static void Open(typename Service::Stub&, grpc::ClientContext*, grpc::ClientBidiReactor<Request,
///   Response>*)
///
/// Members may be called from any thread, also from the observer.
template <typename Traits>
class WatchClient {
 public:
  using Request = typename Traits::Request;
  using Response = typename Traits::Response;
  using Snapshot = typename Traits::Snapshot;
  using Event = typename Traits::Event;
  using EndReason = parley::common::v1::SubscriptionEnded::Reason;

  /// Hears what happens, on gRPC's threads, one call at a time.
  class Observer {
   public:
    virtual ~Observer() = default;
    /// The room as it is; what follows is relative to it. `first` is false when events were missed in
    /// between.
    virtual void OnSnapshot(const std::string& room_id, const Snapshot& snapshot, bool first) = 0;
    virtual void OnEvent(const std::string& room_id, const Event& event) = 0;
    /// The subscription is over: the room isn't there, or no more. Never UNAVAILABLE, which is tried again.
    virtual void OnEnded(const std::string& room_id, EndReason reason) = 0;
    /// All that came in one message has been told.
    virtual void OnBatchEnd() {}
    /// The service has answered a heartbeat: the way from it to here is open.
    virtual void OnHeartbeat() {}
  };

  /// `name` is for the log and the metrics. `observer`, `timers` and `clock` must outlive the client.
  WatchClient(std::string name, std::shared_ptr<grpc::Channel> channel, Observer& observer,
              TimerQueue& timers, const Clock& clock, WatchOptions options = {})
      : name_(std::move(name)),
        stub_(Traits::Service::NewStub(channel)),
        observer_(observer),
        options_(options),
        overdue_total_(metrics::Counter("parley_watch_heartbeats_overdue_total",
                                        "Watch streams given up because a heartbeat wasn't answered in time.",
                                        {{"watch", name_}})),
        lost_total_(metrics::Counter("parley_watch_losses_total",
                                     "Times that a heartbeat showed that events had been lost on the way.",
                                     {{"watch", name_}})),
        timers_(timers, clock) {
    OpenStream();
    const absl::MutexLock lock(&mutex_);
    BeatLater();
  }

  ~WatchClient() { Stop(); }

  WatchClient(const WatchClient&) = delete;
  WatchClient& operator=(const WatchClient&) = delete;

  /// Begins to follow a room: a snapshot, then events. Does nothing when it is followed already.
  void Subscribe(const std::string& room_id) {
    const absl::MutexLock lock(&mutex_);
    if (!cursors_.try_emplace(room_id).second) return;
    // Until the service has confirmed an earlier unsubscription, its updates couldn't be told from the new
    // ones.
    if (!unsubscribing_.contains(room_id)) SendSubscribe(room_id, std::nullopt);
  }

  /// Stops following a room; an update that is under way may still be told.
  void Unsubscribe(const std::string& room_id) {
    const absl::MutexLock lock(&mutex_);
    if (cursors_.erase(room_id) == 0) return;
    if (stream_ == nullptr || !writable_ || !unsubscribing_.insert(room_id).second) return;
    Request request;
    request.mutable_unsubscribe()->set_room_id(room_id);
    Send(std::move(request));
  }

  /// Whether the stream is open and answers, that is, news would arrive.
  bool live() const { return live_.load(); }

  /// Ends the stream and waits until nothing more is told. Must not be called by the observer.
  void Stop() {
    timers_.Stop();
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
    mutex_.Await(absl::Condition(
        +[](WatchClient* self) ABSL_NO_THREAD_SAFETY_ANALYSIS { return self->stream_ == nullptr; }, this));
  }

 private:
  using Verdict = WatchCursor::Verdict;

  static constexpr Duration kFirstPause{100};
  static constexpr Duration kLongestPause{2'000};
  static constexpr Duration kRetryPause{250};

  /// One stream. Deletes itself after gRPC's last call.
  class Stream final : public grpc::ClientBidiReactor<Request, Response> {
   public:
    explicit Stream(WatchClient* client) : client_(client) {}

    void Start() {
      // Waits for a service that is away rather than fail over and over.
      context_.set_wait_for_ready(true);
      Traits::Open(*client_->stub_, &context_, this);
      // Requests are written from outside of gRPC's calls, until OnReadDone(false).
      this->AddHold();
      this->StartRead(&response_);
      this->StartCall();
    }

    void Cancel() { context_.TryCancel(); }

    /// Queues a request. Guarded by the client's mutex.
    void Write(Request request) {
      requests_.push_back(std::move(request));
      if (requests_.size() == 1) this->StartWrite(&requests_.front());
    }

    void OnReadInitialMetadataDone(bool ok) override {
      if (ok) client_->Opened();
    }

    void OnReadDone(bool ok) override {
      if (!ok) {
        client_->Closing(this);
        this->RemoveHold();
        return;
      }
      client_->Opened();
      client_->Handle(response_);
      this->StartRead(&response_);
    }

    void OnWriteDone(bool ok) override { client_->Written(this, ok); }

    /// Goes on with the next request. Guarded by the client's mutex.
    void WriteNext() {
      requests_.pop_front();
      if (!requests_.empty()) this->StartWrite(&requests_.front());
    }

    void OnDone(const grpc::Status& status) override {
      client_->Closed(status);
      delete this;
    }

   private:
    WatchClient* const client_;
    grpc::ClientContext context_;
    Response response_;
    // The first is being written.
    std::deque<Request> requests_;
  };

  void OpenStream() {
    const absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    stream_ = new Stream(this);
    writable_ = true;
    unanswered_for_.reset();
    stream_->Start();
    for (const auto& [room_id, cursor] : cursors_) SendSubscribe(room_id, cursor.position());
  }

  void SendSubscribe(const std::string& room_id, const std::optional<storage::Position>& after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Request request;
    request.mutable_subscribe()->set_room_id(room_id);
    if (after) *request.mutable_subscribe()->mutable_after() = ToProto(*after);
    Send(std::move(request));
  }

  /// Without a stream nothing is sent: the next one begins with all subscriptions.
  void Send(Request request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (stream_ != nullptr && writable_) stream_->Write(std::move(request));
  }

  /// The service has answered; gRPC tells of its first message and of its metadata in either order.
  void Opened() {
    const absl::MutexLock lock(&mutex_);
    if (live_ || !writable_) return;
    log::Info("watch opened", {{"watch", name_}});
    pause_ = kFirstPause;
    live_ = true;
  }

  void Closing(Stream* stream) {
    const absl::MutexLock lock(&mutex_);
    if (stream == stream_) writable_ = false;
    live_ = false;
  }

  void Written(Stream* stream, bool ok) {
    const absl::MutexLock lock(&mutex_);
    if (ok && writable_) stream->WriteNext();
  }

  void Closed(const grpc::Status& status) {
    const absl::MutexLock lock(&mutex_);
    live_ = false;
    writable_ = false;
    stream_ = nullptr;
    unsubscribing_.clear();
    if (stopping_) return;
    log::Warning("watch broken", {{"watch", name_},
                                  {"code", static_cast<int>(status.error_code())},
                                  {"cause", status.error_message()},
                                  {"retry_ms", pause_.count()}});
    timers_.After(pause_, [this] { OpenStream(); });
    pause_ = std::min(2 * pause_, kLongestPause);
  }

  void BeatLater() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    timers_.After(options_.heartbeat_interval, [this] {
      const absl::MutexLock lock(&mutex_);
      Beat();
      BeatLater();
    });
  }

  /// Sends a heartbeat, or gives up the stream on which the last one has been waiting for too long. Intervals
  /// are counted rather than time, so that neither a clock that jumps nor a process that was stopped makes a
  /// stream look silent.
  void Beat() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    // A stream that doesn't open waits for a connection, to which another one wouldn't help.
    if (!live_) return;
    if (!unanswered_for_) {
      unanswered_for_ = 0;
      Request request;
      request.mutable_heartbeat()->set_room_id(NextRoom());
      Send(std::move(request));
    } else if (++*unanswered_for_ >= options_.longest_silence) {
      log::Warning("watch is silent", {{"watch", name_}, {"intervals", *unanswered_for_}});
      overdue_total_.Increment();
      live_ = false;
      writable_ = false;
      stream_->Cancel();
    }
  }

  /// The room whose turn it is to be asked for; empty when none is followed.
  std::string NextRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto next = cursors_.upper_bound(last_asked_);
    if (next == cursors_.end()) next = cursors_.begin();
    last_asked_ = next == cursors_.end() ? std::string() : next->first;
    return last_asked_;
  }

  void Handle(const Response& response) {
    for (const auto& update : response.updates()) {
      const std::string& room_id = update.room_id();
      if (update.has_snapshot()) {
        HandleSnapshot(room_id, update.snapshot());
      } else if (update.has_event()) {
        if (Accept(room_id, FromProto(update.event().position()))) observer_.OnEvent(room_id, update.event());
      } else if (update.has_ended()) {
        HandleEnded(room_id, update.ended().reason());
      } else if (update.has_heartbeat()) {
        HandleHeartbeat(room_id, update.heartbeat());
      }
    }
    observer_.OnBatchEnd();
  }

  /// The cursor that an update of this room is for; none when it is of a subscription that was given up.
  auto FindCursor(const std::string& room_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return unsubscribing_.contains(room_id) ? cursors_.end() : cursors_.find(room_id);
  }

  void HandleSnapshot(const std::string& room_id, const Snapshot& snapshot) {
    bool first = false;
    {
      const absl::MutexLock lock(&mutex_);
      const auto found = FindCursor(room_id);
      if (found == cursors_.end()) return;
      first = !found->second.position().has_value();
      found->second.OnSnapshot(FromProto(snapshot.position()));
    }
    observer_.OnSnapshot(room_id, snapshot, first);
  }

  bool Accept(const std::string& room_id, storage::Position position) {
    const absl::MutexLock lock(&mutex_);
    const auto found = FindCursor(room_id);
    if (found == cursors_.end()) return false;
    const Verdict verdict = found->second.OnEvent(position);
    if (verdict == Verdict::kResume) {
      log::Warning("watch has a hole",
                   {{"watch", name_}, {"room_id", room_id}, {"sequence", position.sequence}});
      SendSubscribe(room_id, found->second.position());
    }
    return verdict == Verdict::kDeliver;
  }

  void HandleHeartbeat(const std::string& room_id, const parley::common::v1::HeartbeatAnswer& answer) {
    {
      const absl::MutexLock lock(&mutex_);
      unanswered_for_.reset();
      const auto found = FindCursor(room_id);
      if (answer.has_position() && found != cursors_.end()) {
        const storage::Position position = FromProto(answer.position());
        if (found->second.OnHeartbeat(position) == Verdict::kResume) {
          log::Warning("watch has lost events",
                       {{"watch", name_}, {"room_id", room_id}, {"sequence", position.sequence}});
          lost_total_.Increment();
          SendSubscribe(room_id, found->second.position());
        }
      }
    }
    observer_.OnHeartbeat();
  }

  void HandleEnded(const std::string& room_id, EndReason reason) {
    {
      const absl::MutexLock lock(&mutex_);
      if (reason == parley::common::v1::SubscriptionEnded::REASON_UNSUBSCRIBED) {
        unsubscribing_.erase(room_id);
        if (cursors_.contains(room_id)) SendSubscribe(room_id, std::nullopt);
        return;
      }
      const auto found = FindCursor(room_id);
      if (found == cursors_.end()) return;
      if (reason == parley::common::v1::SubscriptionEnded::REASON_UNAVAILABLE) {
        timers_.After(kRetryPause, [this, room_id] {
          const absl::MutexLock retry_lock(&mutex_);
          const auto again = cursors_.find(room_id);
          if (again != cursors_.end()) SendSubscribe(room_id, again->second.position());
        });
        return;
      }
      cursors_.erase(found);
    }
    observer_.OnEnded(room_id, reason);
  }

  // Constant after construction.
  const std::string name_;
  const std::unique_ptr<typename Traits::Service::Stub> stub_;
  Observer& observer_;
  const WatchOptions options_;
  prometheus::Counter& overdue_total_;
  prometheus::Counter& lost_total_;
  /// Their lock is taken before mutex_.
  OwnTimers timers_;

  std::atomic<bool> live_{false};

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Stream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool writable_ ABSL_GUARDED_BY(mutex_) = false;
  Duration pause_ ABSL_GUARDED_BY(mutex_) = kFirstPause;
  /// Ordered, for heartbeats to ask for one after another.
  std::map<std::string, WatchCursor> cursors_ ABSL_GUARDED_BY(mutex_);
  std::string last_asked_ ABSL_GUARDED_BY(mutex_);
  /// For how many intervals this stream's heartbeat has been waiting for its answer; nothing when none is.
  std::optional<int> unanswered_for_ ABSL_GUARDED_BY(mutex_);
  /// Rooms whose unsubscription the service hasn't confirmed yet.
  std::unordered_set<std::string> unsubscribing_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::rpc
