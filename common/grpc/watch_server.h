#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/position_conversion.h"
#include "common/grpc/status_conversion.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "parley/common/v1/watch.pb.h"

namespace parley::rpc {

/// All Watch streams that a service has open: lets them be counted and ended together.
template <typename Stream>
class StreamSet {
 public:
  /// False when the service is stopping: the stream is to be refused.
  bool Add(const std::shared_ptr<Stream>& stream) {
    const absl::MutexLock lock(&mutex_);
    if (!stopping_) streams_.insert(stream);
    return !stopping_;
  }

  void Remove(const std::shared_ptr<Stream>& stream) {
    const absl::MutexLock lock(&mutex_);
    streams_.erase(stream);
  }

  /// Ends every stream, and every one that is opened from now on, with SHUTTING_DOWN.
  void Stop() {
    std::unordered_set<std::shared_ptr<Stream>> streams;
    {
      const absl::MutexLock lock(&mutex_);
      stopping_ = true;
      streams = streams_;
    }
    for (const auto& stream : streams) stream->End(MakeError(kShuttingDown));
  }

 private:
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_set<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

/// The service's end of one Watch stream: collects updates from any thread and writes them in batches, as
/// many as have come while the last write was under way. Shared by gRPC and by those who push updates; after
/// the stream's end pushes do nothing. All members may be called from any thread.
///
/// `Request` has subscribe, unsubscribe and heartbeat, `Response` has updates, as WatchRooms and
/// WatchMessages.
template <typename Request, typename Response, typename Update>
class WatchStream : public std::enable_shared_from_this<WatchStream<Request, Response, Update>> {
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

  /// How many bytes of updates may wait for a reader before it is given up, and how many go into one message.
  static constexpr std::size_t kMaxPendingBytes = 16 << 20;
  static constexpr std::size_t kMaxBatchBytes = 256 << 10;

  WatchStream() : reactor_(new Reactor) {}

  /// Begins; the returned reactor belongs to gRPC. To be called once, with a delegate that lives until
  /// Closed.
  grpc::ServerBidiReactor<Request, Response>* Start(Delegate* delegate) {
    reactor_->Start(this->shared_from_this(), delegate);
    return reactor_;
  }

  /// Queues an update.
  void Push(Update update) {
    const absl::MutexLock lock(&mutex_);
    if (closed_ || ending_) return;
    pending_bytes_ += update.ByteSizeLong();
    *pending_.add_updates() = std::move(update);
    if (pending_bytes_ > kMaxPendingBytes) {
      log::Warning("watcher too slow", {{"pending_bytes", pending_bytes_}});
      // The write under way isn't cancelled, or the reader would never learn why; if it reads no more at all,
      // one message stays in memory until its connection ends.
      EndLocked(MakeError(kWatcherTooSlow));
    } else {
      WriteLocked();
    }
  }

  /// Ends the stream after the write that is under way.
  void End(const absl::Status& status) {
    const absl::MutexLock lock(&mutex_);
    EndLocked(status);
  }

  /// The client will ask for nothing more; ends the stream as soon as nothing is subscribed any more.
  void SetIdle(bool idle) {
    const absl::MutexLock lock(&mutex_);
    idle_ = idle;
    FinishIfDoneLocked();
  }

 private:
  class Reactor final : public grpc::ServerBidiReactor<Request, Response> {
   public:
    void Start(std::shared_ptr<WatchStream> stream, Delegate* delegate) {
      stream_ = std::move(stream);
      delegate_ = delegate;
      // Tells the client that the stream is live although there is nothing to say yet.
      this->StartSendInitialMetadata();
      this->StartRead(&request_);
    }

    void OnReadDone(bool ok) override {
      if (!ok) {
        stream_->HalfClosed();
        return;
      }
      if (request_.has_subscribe()) {
        delegate_->Subscribe(request_.subscribe());
      } else if (request_.has_unsubscribe()) {
        delegate_->Unsubscribe(request_.unsubscribe().room_id());
        Update ended;
        ended.set_room_id(request_.unsubscribe().room_id());
        ended.mutable_ended()->set_reason(parley::common::v1::SubscriptionEnded::REASON_UNSUBSCRIBED);
        stream_->Push(std::move(ended));
      } else if (request_.has_heartbeat()) {
        AnswerHeartbeat(request_.heartbeat().room_id());
      } else {
        stream_->End(MakeError(kInvalidRequest, "request: subscribe, unsubscribe or heartbeat must be set"));
        return;
      }
      this->StartRead(&request_);
    }

    void OnWriteDone(bool ok) override { stream_->Written(ok); }

    // A reader that is gone is only heard of here.
    void OnCancel() override { stream_->Cancelled(); }

    void OnDone() override {
      stream_->Close();
      delegate_->Closed();
      delete this;
    }

   private:
    void AnswerHeartbeat(const std::string& room_id) {
      Update answer;
      answer.set_room_id(room_id);
      answer.mutable_heartbeat();
      if (!room_id.empty()) {
        const std::optional<storage::Position> position = delegate_->PositionOf(room_id);
        if (position) *answer.mutable_heartbeat()->mutable_position() = ToProto(*position);
      }
      stream_->Push(std::move(answer));
    }

    std::shared_ptr<WatchStream> stream_;
    Delegate* delegate_ = nullptr;
    Request request_;
  };

  void HalfClosed() {
    const absl::MutexLock lock(&mutex_);
    half_closed_ = true;
    FinishIfDoneLocked();
  }

  void Written(bool ok) {
    const absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok && !ending_) {
      ending_ = true;
      status_ = MakeError(kServiceUnavailable, "the stream is broken");
    }
    if (ending_) {
      FinishLocked();
    } else {
      WriteLocked();
      FinishIfDoneLocked();
    }
  }

  void Cancelled() {
    const absl::MutexLock lock(&mutex_);
    EndLocked(MakeError(kServiceUnavailable, "the stream was cancelled"));
  }

  void Close() {
    const absl::MutexLock lock(&mutex_);
    closed_ = true;
    pending_.Clear();
  }

  void EndLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ending_ || closed_) return;
    ending_ = true;
    status_ = status;
    pending_.Clear();
    pending_bytes_ = 0;
    if (!writing_) FinishLocked();
  }

  void FinishIfDoneLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (half_closed_ && idle_ && !writing_ && pending_.updates_size() == 0) EndLocked(absl::OkStatus());
  }

  void FinishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_ || closed_) return;
    finished_ = true;
    reactor_->Finish(ToGrpcStatus(status_));
  }

  void WriteLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || ending_ || closed_ || pending_.updates_size() == 0) return;
    writing_ = true;
    batch_.Clear();
    if (pending_bytes_ <= kMaxBatchBytes) {
      batch_.Swap(&pending_);
      pending_bytes_ = 0;
    } else {
      SplitBatchLocked();
    }
    reactor_->StartWrite(&batch_);
  }

  /// Moves the oldest updates into the batch, so that one message stays well below gRPC's limit of 4 MB.
  void SplitBatchLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto& updates = *pending_.mutable_updates();
    int taken = 0;
    for (std::size_t bytes = 0; taken < updates.size() && bytes < kMaxBatchBytes; ++taken) {
      bytes += updates[taken].ByteSizeLong();
      pending_bytes_ -= std::min(pending_bytes_, updates[taken].ByteSizeLong());
      *batch_.add_updates() = std::move(updates[taken]);
    }
    updates.DeleteSubrange(0, taken);
  }

  // Constant after construction. Gone after gRPC's last call, as `closed_` tells.
  Reactor* const reactor_;

  absl::Mutex mutex_;
  Response pending_ ABSL_GUARDED_BY(mutex_);
  std::size_t pending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool idle_ ABSL_GUARDED_BY(mutex_) = true;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  // gRPC's while writing_.
  Response batch_;
};

}  // namespace parley::rpc
