#pragma once

#include <atomic>
#include <map>
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

/// How a Watch makes sure that it is told something.
struct WatchOptions {
  /// Between heartbeats.
  Duration heartbeat_interval{2'000};
  /// How many intervals an answer may take before the stream is given up.
  int longest_silence = 3;
};

/// The stream that a Watch asks on. It is opened again whenever it breaks.
template <typename Request>
class WatchTransport {
 public:
  virtual ~WatchTransport() = default;

  /// Sends a request, unless the stream is broken. The watch's lock is held: it must not be called back.
  virtual void Send(Request request) = 0;

  /// Breaks the stream. Likewise.
  virtual void Break() = 0;
};

/// Follows any number of rooms over a stream that may carry other things as well. When the stream is opened
/// again it resumes every room after the last event that was delivered, and delivers each event once and in
/// order. A stream on which heartbeats aren't answered it breaks.
///
/// `Traits` names the types Request, Snapshot and Event. Members may be called from any thread, also from the
/// observer, but for those that the transport calls.
template <typename Traits>
class Watch {
 public:
  using Request = typename Traits::Request;
  using Snapshot = typename Traits::Snapshot;
  using Event = typename Traits::Event;
  using Transport = WatchTransport<Request>;
  using EndReason = parley::common::v1::SubscriptionEnded::Reason;

  /// Hears what happens, one call at a time, on the threads that hand over updates: gRPC's, or those of
  /// timers.
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
    /// The stream is open, for the first time or again.
    virtual void OnOpened() {}
  };

  /// `name` is for the log and the metrics. `transport`, `observer`, `timers` and `clock` must outlive the
  /// watch.
  Watch(std::string name, Transport& transport, Observer& observer, TimerQueue& timers, const Clock& clock,
        WatchOptions options = {})
      : name_(std::move(name)),
        transport_(transport),
        observer_(observer),
        options_(options),
        overdue_total_(metrics::Counter("parley_watch_heartbeats_overdue_total",
                                        "Watch streams given up because a heartbeat wasn't answered in time.",
                                        {{"watch", name_}})),
        lost_total_(metrics::Counter("parley_watch_losses_total",
                                     "Times that a heartbeat showed that events had been lost on the way.",
                                     {{"watch", name_}})),
        live_gauge_(metrics::Gauge("parley_watch_live", "Whether the watch stream is open and answers.",
                                   {{"watch", name_}})),
        timers_(timers, clock) {
    const absl::MutexLock lock(&mutex_);
    BeatLater();
  }

  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

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
    if (!live_ || !unsubscribing_.insert(room_id).second) return;
    Request request;
    request.mutable_unsubscribe()->set_room_id(room_id);
    transport_.Send(std::move(request));
  }

  /// Whether the stream is open and answers, that is, news would arrive.
  bool live() const { return live_.load(); }

  /// Sends nothing of its own accord any more. For the transport, before its stream goes. Must not be called
  /// by the observer.
  void Stop() { timers_.Stop(); }

  /// For the transport, from here on, without a lock that Send or Break takes and one call at a time: the
  /// service has answered, that is, the stream is open. May be said again.
  void Opened() {
    {
      const absl::MutexLock lock(&mutex_);
      if (live_ || given_up_) return;
      log::Info("watch opened", {{"watch", name_}});
      SetLive(true);
      unanswered_for_.reset();
      for (const auto& [room_id, cursor] : cursors_) SendSubscribe(room_id, cursor.position());
    }
    observer_.OnOpened();
  }

  /// Updates have come, in one message.
  template <typename Updates>
  void Handle(const Updates& updates) {
    for (const auto& update : updates) {
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

  /// The stream is broken. May be said again.
  void Broken() {
    const absl::MutexLock lock(&mutex_);
    SetLive(false);
    given_up_ = false;
    unsubscribing_.clear();
  }

 private:
  using Verdict = WatchCursor::Verdict;

  static constexpr Duration kRetryPause{250};

  /// While the stream isn't open nothing is sent: the next one begins with all subscriptions.
  void SendSubscribe(const std::string& room_id, const std::optional<storage::Position>& after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!live_) return;
    Request request;
    request.mutable_subscribe()->set_room_id(room_id);
    if (after) *request.mutable_subscribe()->mutable_after() = ToProto(*after);
    transport_.Send(std::move(request));
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
    if (!live_) {
      // It waits for a connection, to which another stream wouldn't help. Somebody has to be told, though.
      if (++closed_for_ == options_.longest_silence)
        log::Warning("watch can't be opened", {{"watch", name_}});
      return;
    }
    if (!unanswered_for_) {
      unanswered_for_ = 0;
      Request request;
      request.mutable_heartbeat()->set_room_id(NextRoom());
      transport_.Send(std::move(request));
    } else if (++*unanswered_for_ >= options_.longest_silence) {
      log::Warning("watch is silent", {{"watch", name_}, {"intervals", *unanswered_for_}});
      overdue_total_.Increment();
      SetLive(false);
      given_up_ = true;
      transport_.Break();
    }
  }

  void SetLive(bool live) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    live_ = live;
    live_gauge_.Set(live ? 1 : 0);
    closed_for_ = 0;
  }

  /// The room whose turn it is to be asked for; empty when none is followed.
  std::string NextRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto next = cursors_.upper_bound(last_asked_);
    if (next == cursors_.end()) next = cursors_.begin();
    last_asked_ = next == cursors_.end() ? std::string() : next->first;
    return last_asked_;
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
  Transport& transport_;
  Observer& observer_;
  const WatchOptions options_;
  prometheus::Counter& overdue_total_;
  prometheus::Counter& lost_total_;
  prometheus::Gauge& live_gauge_;
  /// Their lock is taken before mutex_.
  OwnTimers timers_;

  /// Set under mutex_.
  std::atomic<bool> live_{false};

  /// Taken before the transport's.
  absl::Mutex mutex_;
  /// The stream was silent, and is to be heard of again when it is broken.
  bool given_up_ ABSL_GUARDED_BY(mutex_) = false;
  /// Ordered, for heartbeats to ask for one after another.
  std::map<std::string, WatchCursor> cursors_ ABSL_GUARDED_BY(mutex_);
  std::string last_asked_ ABSL_GUARDED_BY(mutex_);
  /// For how many intervals the stream hasn't been open.
  int closed_for_ ABSL_GUARDED_BY(mutex_) = 0;
  /// For how many intervals this stream's heartbeat has been waiting for its answer; nothing when none is.
  std::optional<int> unanswered_for_ ABSL_GUARDED_BY(mutex_);
  /// Rooms whose unsubscription the service hasn't confirmed yet.
  std::unordered_set<std::string> unsubscribing_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::rpc
