#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <unordered_set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/status_conversion.h"
#include "common/log/log.h"
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

/// The list in a response of a batch stream.
template <typename Response>
auto& ItemsOf(Response& response) {
  if constexpr (requires { response.mutable_updates(); }) {
    return *response.mutable_updates();
  } else {
    return *response.mutable_answers();
  }
}

/// The service's end of one stream that is written in batches: collects items from any thread, and writes as
/// many together as have come while the last write was under way, or within one Turn. Shared by gRPC and by
/// those who push items; after the stream's end pushes do nothing. Members may be called from any thread.
///
/// `Response` has a list of items, `updates` or `answers`.
template <typename Request, typename Response, typename Item>
class BatchStream : public std::enable_shared_from_this<BatchStream<Request, Response, Item>> {
 public:
  /// How many bytes of items may wait for a reader before it is given up, and how many go into one message.
  static constexpr std::size_t kMaxPendingBytes = 16 << 20;
  static constexpr std::size_t kMaxBatchBytes = 256 << 10;

  BatchStream() : reactor_(new Reactor) {}
  virtual ~BatchStream() = default;
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  /// Queues an item.
  void Push(Item item) { Push(std::move(item), 0); }

  /// Ends the stream after the write that is under way.
  void End(const absl::Status& status) {
    const absl::MutexLock lock(&mutex_);
    EndLocked(status);
  }

  /// The service stops: ends the stream with SHUTTING_DOWN.
  virtual void Stop() { End(MakeError(kShuttingDown)); }

  /// Whether there is nothing that could still come to be pushed. Of a stream that is idle, and whose client
  /// has closed its side, nothing follows: it ends.
  void SetIdle(bool idle) {
    const absl::MutexLock lock(&mutex_);
    idle_ = idle;
    FinishIfDoneLocked();
  }

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

  /// So many items will follow by PushOwed. False when nothing new is to be taken up, and nothing is owed.
  bool Owe(std::size_t items) {
    const absl::MutexLock lock(&mutex_);
    if (draining_ || ending_ || closed_) return false;
    owed_ += items;
    return true;
  }

  /// As Push, for an item that was owed.
  void PushOwed(Item item) { Push(std::move(item), 1); }

  /// Ends the stream as soon as nothing is owed any more and all is written.
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

  void Push(Item item, std::size_t settled) {
    {
      const absl::MutexLock lock(&mutex_);
      owed_ -= settled;
      if (closed_ || ending_) return;
      pending_bytes_ += item.ByteSizeLong();
      *ItemsOf(pending_).Add() = std::move(item);
      // What is owed is as much as the reader has asked for, and may all come within one turn.
      if (settled == 0 && pending_bytes_ > kMaxPendingBytes) {
        log::Warning("reader of a stream too slow", {{"pending_bytes", pending_bytes_}});
        // The write under way isn't cancelled, or the reader would never learn why; if it reads no more at
        // all, one message stays in memory until its connection ends.
        return EndLocked(MakeError(kWatcherTooSlow));
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
    if (owed_ > 0 || writing_ || !ItemsOf(pending_).empty()) return;
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
    if (writing_ || ending_ || closed_ || ItemsOf(pending_).empty()) return;
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

  /// Moves the oldest items into the batch, so that one message stays well below gRPC's limit of 4 MB.
  void SplitBatchLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto& items = ItemsOf(pending_);
    int taken = 0;
    for (std::size_t bytes = 0; taken < items.size(); ++taken) {
      const std::size_t size = items[taken].ByteSizeLong();
      if (bytes > 0 && bytes + size > kMaxBatchBytes) break;
      bytes += size;
      pending_bytes_ -= std::min(pending_bytes_, size);
      *ItemsOf(batch_).Add() = std::move(items[taken]);
    }
    items.DeleteSubrange(0, taken);
  }

  // Constant after construction. Gone after gRPC's last call, as `closed_` tells.
  Reactor* const reactor_;

  absl::Mutex mutex_;
  Response pending_ ABSL_GUARDED_BY(mutex_);
  std::size_t pending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
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
  // gRPC's while writing_.
  Response batch_;
};

}  // namespace parley::rpc
