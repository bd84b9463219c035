#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/status_conversion.h"
#include "common/log/log.h"
#include "common/protobuf/arena_message.h"
#include "common/status/error.h"
#include "common/turn/turn.h"

namespace parley::rpc {

/// All streams of a kind that a service has open: lets them be ended together.
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

  /// Stops every stream, and every one that is opened from now on has to be refused.
  void Stop() {
    std::unordered_set<std::shared_ptr<Stream>> streams;
    {
      const absl::MutexLock lock(&mutex_);
      stopping_ = true;
      streams = streams_;
    }
    for (const auto& stream : streams) stream->Stop();
  }

 private:
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_set<std::shared_ptr<Stream>> streams_ ABSL_GUARDED_BY(mutex_);
};

/// A stream as those see it who have updates for it. Any thread.
template <typename Update>
class UpdateSink {
 public:
  virtual ~UpdateSink() = default;

  /// Queues an update, which `fill` makes of an empty one, under the stream's lock; it isn't called when
  /// nobody is going to read that.
  virtual void Push(absl::FunctionRef<void(Update&)> fill) = 0;

  /// Whether there is nothing that could still come to be pushed. Of a stream that is idle, and whose client
  /// has closed its side, nothing follows: it ends.
  virtual void SetIdle(bool idle) = 0;

  /// Ends the stream after the write that is under way.
  virtual void End(const absl::Status& status) = 0;
};

/// The type of the updates in a response.
template <typename Response>
using UpdateIn = std::remove_cvref_t<decltype(std::declval<const Response&>().updates(0))>;

/// Adds an item to the list in a response that it belongs to.
template <typename Item, typename Response>
Item& AddItem(Response& response) {
  if constexpr (std::is_same_v<Item, UpdateIn<Response>>) {
    return *response.add_updates();
  } else {
    return *response.add_answers();
  }
}

/// The service's end of one stream that is written in batches: collects items from any thread, and writes as
/// many together as have come while the last write was under way, or within one Turn. Shared by gRPC and by
/// those who push items; after the stream's end pushes do nothing. Members may be called from any thread.
///
/// `Response` has a list of items, `updates`, and may have another, `answers`.
template <typename Request, typename Response>
class BatchStream : public UpdateSink<UpdateIn<Response>>,
                    public std::enable_shared_from_this<BatchStream<Request, Response>> {
 public:
  using Update = UpdateIn<Response>;

  /// How many bytes of updates may wait for a reader before it is told no more, and after how many bytes
  /// nothing more is added to a message: well below gRPC's limit of 4 MB, because the last item may be large.
  static constexpr std::size_t kMaxPendingBytes = 16 << 20;
  static constexpr std::size_t kMaxBatchBytes = 256 << 10;

  BatchStream() : reactor_(new Reactor) {}
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  void Push(absl::FunctionRef<void(Update&)> fill) override { Queue<Update>(fill); }

  void End(const absl::Status& status) override {
    const absl::MutexLock lock(&mutex_);
    EndLocked(status);
  }

  void SetIdle(bool idle) override {
    const absl::MutexLock lock(&mutex_);
    idle_ = idle;
    FinishIfDoneLocked();
  }

  /// The service stops: ends the stream with SHUTTING_DOWN.
  virtual void Stop() { End(MakeError(kShuttingDown)); }

 protected:
  /// Begins; the returned reactor belongs to gRPC. To be called once.
  grpc::ServerBidiReactor<Request, Response>* StartStream() {
    reactor_->Start(this->shared_from_this());
    return reactor_;
  }

  /// A request has come; false when no more are to be read. On gRPC's threads, one call at a time.
  virtual bool OnRequest(const Request& request) = 0;

  /// The stream is over, the last call.
  virtual void OnClosed() = 0;

  /// So many answers will follow by PushOwed. False when nothing new is to be taken up, and nothing is owed.
  bool Owe(std::size_t answers) {
    const absl::MutexLock lock(&mutex_);
    if (draining_ || ending_ || closed_) return false;
    owed_ += answers;
    return true;
  }

  /// Queues an answer, which was owed, and which `fill` makes of an empty one, as for Push.
  template <typename Answer>
  void PushOwed(absl::FunctionRef<void(Answer&)> fill) {
    Queue<Answer>(fill);
  }

  /// Ends the stream as soon as nothing is owed any more and all is written; updates are not pushed any more.
  void EndWhenSettled(const absl::Status& status) {
    const absl::MutexLock lock(&mutex_);
    if (draining_ || ending_) return;
    draining_ = true;
    status_ = status;
    FinishIfDoneLocked();
  }

 private:
  class Reactor final : public grpc::ServerBidiReactor<Request, Response> {
   public:
    void Start(std::shared_ptr<BatchStream> stream) {
      stream_ = std::move(stream);
      // Tells the client that the stream is live although there is nothing to say yet.
      this->StartSendInitialMetadata();
      this->StartRead(&request_);
    }

    void OnReadDone(bool ok) override {
      if (!ok) return stream_->HalfClosed();
      bool more = false;
      {
        const Turn turn;
        more = stream_->OnRequest(request_);
      }
      if (more) this->StartRead(&request_);
    }

    void OnWriteDone(bool ok) override { stream_->Written(ok); }

    // A reader that is gone is only heard of here.
    void OnCancel() override { stream_->Cancelled(); }

    void OnDone() override {
      stream_->Close();
      stream_->OnClosed();
      delete this;
    }

   private:
    std::shared_ptr<BatchStream> stream_;
    Request request_;
  };

  /// What is written in one message.
  struct Batch {
    ArenaMessage<Response, 4096> message;
    std::size_t bytes = 0;
    /// Of updates alone.
    std::size_t update_bytes = 0;
  };

  template <typename Item>
  void Queue(absl::FunctionRef<void(Item&)> fill) {
    constexpr bool kOwed = !std::is_same_v<Item, Update>;
    {
      const absl::MutexLock lock(&mutex_);
      if (kOwed) --owed_;
      if (closed_ || ending_ || (draining_ && !kOwed)) return;
      if (pending_.empty() || pending_.back()->bytes >= kMaxBatchBytes) {
        // Without filling it with zeros first.
        pending_.push_back(std::make_unique_for_overwrite<Batch>());
      }
      Batch& batch = *pending_.back();
      Item& item = AddItem<Item>(*batch.message);
      fill(item);
      const std::size_t size = item.ByteSizeLong();
      batch.bytes += size;
      // What is owed is as much as the reader has asked for, and may all come within one turn.
      if (!kOwed) {
        batch.update_bytes += size;
        pending_update_bytes_ += size;
      }
      if (pending_update_bytes_ > kMaxPendingBytes) {
        log::Warning("reader of a stream too slow", {{"pending_bytes", pending_update_bytes_}});
        // What waits is still sent: whoever comes back goes on behind it. Without, a reader that once has so
        // much to catch up with never would.
        draining_ = true;
        status_ = MakeError(kWatcherTooSlow);
      }
      if (writing_ || flush_scheduled_) return;
      if (!Turn::UnderWay()) return WriteLocked();
      flush_scheduled_ = true;
    }
    Turn::AtEnd(Turn::Stage::kSend, [self = this->shared_from_this()] { self->Flush(); });
  }

  void Flush() {
    const absl::MutexLock lock(&mutex_);
    flush_scheduled_ = false;
    WriteLocked();
  }

  void HalfClosed() {
    const absl::MutexLock lock(&mutex_);
    half_closed_ = true;
    FinishIfDoneLocked();
  }

  void Written(bool ok) {
    const absl::MutexLock lock(&mutex_);
    writing_ = false;
    batch_ = nullptr;
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
    pending_.clear();
  }

  void EndLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ending_ || closed_) return;
    ending_ = true;
    status_ = status;
    pending_.clear();
    pending_update_bytes_ = 0;
    if (!writing_) FinishLocked();
  }

  void FinishIfDoneLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (owed_ > 0 || writing_ || !pending_.empty()) return;
    if (draining_) {
      EndLocked(status_);
    } else if (half_closed_ && idle_) {
      EndLocked(absl::OkStatus());
    }
  }

  void FinishLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_ || closed_) return;
    finished_ = true;
    reactor_->Finish(ToGrpcStatus(status_));
  }

  void WriteLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || ending_ || closed_ || pending_.empty()) return;
    writing_ = true;
    batch_ = std::move(pending_.front());
    pending_.pop_front();
    pending_update_bytes_ -= batch_->update_bytes;
    reactor_->StartWrite(&*batch_->message);
  }

  // Constant after construction. Gone after gRPC's last call, as `closed_` tells.
  Reactor* const reactor_;

  absl::Mutex mutex_;
  /// Oldest first.
  std::deque<std::unique_ptr<Batch>> pending_ ABSL_GUARDED_BY(mutex_);
  std::size_t pending_update_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  /// A turn will write what is pending at its end.
  bool flush_scheduled_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool idle_ ABSL_GUARDED_BY(mutex_) = true;
  std::size_t owed_ ABSL_GUARDED_BY(mutex_) = 0;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  /// What the stream is to end with, once `draining_` or `ending_`.
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  /// Its message is gRPC's; null unless `writing_`.
  std::unique_ptr<Batch> batch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::rpc
