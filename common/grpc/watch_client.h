#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/own_timers.h"
#include "common/grpc/watch.h"
#include "common/log/log.h"

namespace parley::rpc {

/// A Watch over a stream of its own, of the rpc WatchRooms or WatchMessages.
///
/// `Traits` names what Watch has to know, the types Service and Response, and
///   static void Open(typename Service::Stub&, grpc::ClientContext*, grpc::ClientBidiReactor<Request,
///   Response>*)
///
/// The observer is called on gRPC's threads, one call at a time. Members may be called from any thread, also
/// from the observer.
template <typename Traits>
class WatchClient final : private WatchTransport<typename Traits::Request> {
 public:
  using Request = typename Traits::Request;
  using Response = typename Traits::Response;
  using Observer = typename Watch<Traits>::Observer;
  using EndReason = typename Watch<Traits>::EndReason;

  /// `name` is for the log and the metrics. `observer`, `timers` and `clock` must outlive the client.
  WatchClient(std::string name, std::shared_ptr<grpc::Channel> channel, Observer& observer,
              TimerQueue& timers, const Clock& clock, WatchOptions options = {})
      : name_(name),
        stub_(Traits::Service::NewStub(channel)),
        timers_(timers, clock),
        watch_(std::move(name), *this, observer, timers, clock, options) {
    OpenStream();
  }

  ~WatchClient() override { Stop(); }

  WatchClient(const WatchClient&) = delete;
  WatchClient& operator=(const WatchClient&) = delete;

  /// As Watch's.
  void Subscribe(const std::string& room_id) { watch_.Subscribe(room_id); }
  void Unsubscribe(const std::string& room_id) { watch_.Unsubscribe(room_id); }
  bool live() const { return watch_.live(); }

  /// Ends the stream and waits until nothing more is told. Must not be called by the observer.
  void Stop() {
    watch_.Stop();
    timers_.Stop();
    const absl::MutexLock lock(&mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
    mutex_.Await(absl::Condition(
        +[](WatchClient* self) ABSL_NO_THREAD_SAFETY_ANALYSIS { return self->stream_ == nullptr; }, this));
  }

 private:
  static constexpr Duration kFirstPause{100};
  static constexpr Duration kLongestPause{2'000};

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
        client_->Closing();
        this->RemoveHold();
        return;
      }
      // gRPC tells of the first message and of the metadata in either order.
      client_->Opened();
      client_->watch_.Handle(response_.updates());
      this->StartRead(&response_);
    }

    void OnWriteDone(bool ok) override { client_->Written(ok); }

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

  void Send(Request request) override {
    const absl::MutexLock lock(&mutex_);
    if (writable_) stream_->Write(std::move(request));
  }

  void Break() override {
    const absl::MutexLock lock(&mutex_);
    closing_ = true;
    writable_ = false;
    if (stream_ != nullptr) stream_->Cancel();
  }

  void OpenStream() {
    const absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    stream_ = new Stream(this);
    stream_->Start();
  }

  void Opened() {
    {
      const absl::MutexLock lock(&mutex_);
      if (closing_) return;
      pause_ = kFirstPause;
      writable_ = true;
    }
    watch_.Opened();
    // Closing may have come in between on another of gRPC's threads, and must have the last word.
    bool closing = false;
    {
      const absl::MutexLock lock(&mutex_);
      closing = closing_;
    }
    if (closing) watch_.Broken();
  }

  void Closing() {
    {
      const absl::MutexLock lock(&mutex_);
      closing_ = true;
      writable_ = false;
    }
    watch_.Broken();
  }

  void Written(bool ok) {
    const absl::MutexLock lock(&mutex_);
    if (ok && writable_) stream_->WriteNext();
  }

  void Closed(const grpc::Status& status) {
    const absl::MutexLock lock(&mutex_);
    closing_ = false;
    stream_ = nullptr;
    if (stopping_) return;
    log::Warning("watch broken", {{"watch", name_},
                                  {"code", static_cast<int>(status.error_code())},
                                  {"cause", status.error_message()},
                                  {"retry_ms", pause_.count()}});
    timers_.After(pause_, [this] { OpenStream(); });
    pause_ = std::min(2 * pause_, kLongestPause);
  }

  // Constant after construction.
  const std::string name_;
  const std::unique_ptr<typename Traits::Service::Stub> stub_;
  /// Their lock is taken before mutex_.
  OwnTimers timers_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Stream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
  /// The stream is open.
  bool writable_ ABSL_GUARDED_BY(mutex_) = false;
  /// The stream's last message has been read, or doesn't count any more.
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  Duration pause_ ABSL_GUARDED_BY(mutex_) = kFirstPause;

  Watch<Traits> watch_;
};

}  // namespace parley::rpc
