#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>

#include <memory>
#include <utility>

#include "edge/rpc/completion_loop.h"

namespace parley::edge {

/// One stream of CallClient's, from StartCall to Finish; `Traits` are that's. What is read is told in order.
///
/// The owner calls all members under one lock, except status(), and keeps the stream until it has been told
/// OnFinished, and the end of the write that may be under way.
template <typename Traits>
class CallClientStream final {
 public:
  using Request = typename Traits::Request;
  using Response = typename Traits::Response;

  /// Told on the loop's threads, without a lock.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// The service has sent its initial metadata.
    virtual void OnOpened() = 0;
    /// Returns whether the stream is to be read on at once. When it rests instead, it may be gone on return.
    virtual bool OnRead(Response& response) = 0;
    /// The write is over; when not `ok`, there can't be another.
    virtual void OnWritten(bool ok) = 0;
    /// Nothing will be read any more.
    virtual void OnEnding() = 0;
    /// status() tells why.
    virtual void OnFinished() = 0;
  };

  /// `wait`: for a service that is away, rather than fail at once and say why.
  CallClientStream(Owner& owner, typename Traits::Service::Stub& stub, CompletionLoop& loop, bool wait)
      : owner_(owner) {
    context_.set_wait_for_ready(wait);
    rpc_ = Traits::Prepare(stub, &context_, loop.queue());
  }

  void Start() { rpc_->StartCall(started_.Tag()); }
  /// Ends a rest.
  void Cancel() {
    context_.TryCancel();
    ReadOn();
  }

  /// The next message, whose write has to be over; filled by the owner.
  Request& request() { return request_; }
  /// Ends a rest.
  void Write() {
    rpc_->Write(request_, written_.Tag());
    // Afterwards: what is written first takes along that there is room again.
    ReadOn();
  }

  bool resting() const { return resting_; }
  /// Begins a rest: nothing is read until it ends. In place of reading on.
  void Rest() { resting_ = true; }
  /// Ends it, if there is one.
  void ReadOn() {
    if (std::exchange(resting_, false)) Read();
  }

  /// Once OnFinished has been told.
  const grpc::Status& status() const { return status_; }

 private:
  class Step final : public Operation {
   public:
    Step(CallClientStream* stream, void (CallClientStream::*done)(bool), bool may_end_anywhere = false)
        : stream_(stream), done_(done), may_end_anywhere_(may_end_anywhere) {}
    void OnDone(bool ok) override { (stream_->*done_)(ok); }
    bool MayEndAnywhere() const override { return may_end_anywhere_; }

   private:
    CallClientStream* const stream_;
    void (CallClientStream::*const done_)(bool);
    const bool may_end_anywhere_;
  };

  void OnStarted(bool ok) {
    if (!ok) return Finish();
    rpc_->ReadInitialMetadata(opened_.Tag());
  }

  void OnOpened(bool ok) {
    if (!ok) return Finish();
    owner_.OnOpened();
    Read();
  }

  void OnRead(bool ok) {
    if (!ok) return Finish();
    if (owner_.OnRead(response_)) Read();
  }

  void Read() { rpc_->Read(&response_, read_.Tag()); }

  void Finish() {
    owner_.OnEnding();
    rpc_->Finish(&status_, finished_.Tag());
  }

  void OnWritten(bool ok) { owner_.OnWritten(ok); }
  void OnFinished(bool) { owner_.OnFinished(); }

  Owner& owner_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<Request, Response>> rpc_;
  Request request_;
  Response response_;
  bool resting_ = false;
  grpc::Status status_;
  Step started_{this, &CallClientStream::OnStarted};
  Step opened_{this, &CallClientStream::OnOpened};
  // Not anywhere: posts from a loop's own thread and from others don't keep their order.
  Step read_{this, &CallClientStream::OnRead};
  Step written_{this, &CallClientStream::OnWritten, true};
  Step finished_{this, &CallClientStream::OnFinished};
};

}  // namespace parley::edge
