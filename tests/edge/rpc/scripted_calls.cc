#include "tests/edge/rpc/scripted_calls.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/time/time.h"
#include "common/grpc/status_conversion.h"
#include "tests/common/grpc/callback_queue.h"

namespace parley::edge {

namespace v1 = room::v1;

std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::MakeCallsRequest, v1::MakeCallsResponse>>
RoomCalls::Prepare(Service::Stub& stub, grpc::ClientContext* context, grpc::CompletionQueue* queue) {
  return stub.PrepareAsyncMakeCalls(context, queue);
}

ScriptedCalls::ScriptedCalls() { KeepCallbackQueue(); }

std::map<std::string, std::uint64_t> ScriptedCalls::NextMessage() {
  const absl::MutexLock lock(&mutex_);
  const auto there = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !messages_.empty(); };
  std::map<std::string, std::uint64_t> calls;
  if (!mutex_.AwaitWithTimeout(absl::Condition(&there), absl::FromChrono(kPatience))) return calls;
  for (const auto& call : messages_.front().calls()) calls[call.request()] = call.number();
  messages_.erase(messages_.begin());
  return calls;
}

std::size_t ScriptedCalls::pending() {
  const absl::MutexLock lock(&mutex_);
  return messages_.size();
}

void ScriptedCalls::Answer(std::uint64_t number, const std::string& response) {
  v1::MakeCallsResponse answers;
  auto& answer = *answers.add_answers();
  answer.set_number(number);
  answer.set_response(response);
  const absl::MutexLock lock(&mutex_);
  ASSERT_NE(stream_, nullptr);
  stream_->Write(answers);
}

std::optional<v1::WatchRoomsRequest> ScriptedCalls::NextWatchRequest() {
  const absl::MutexLock lock(&mutex_);
  auto there = [this] { return !watch_requests_.empty(); };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&there), absl::FromChrono(kPatience))) return std::nullopt;
  v1::WatchRoomsRequest request = std::move(watch_requests_.front());
  watch_requests_.pop_front();
  return request;
}

void ScriptedCalls::Tell(const v1::MakeCallsResponse& message) {
  const absl::MutexLock lock(&mutex_);
  ASSERT_NE(stream_, nullptr);
  stream_->Write(message);
}

void ScriptedCalls::AnswerAll() { RefuseFirst({}); }

void ScriptedCalls::RefuseFirst(std::vector<absl::Status> refusals) {
  const absl::MutexLock lock(&mutex_);
  refusals_ = std::move(refusals);
}

void ScriptedCalls::Break() {
  const absl::MutexLock lock(&mutex_);
  if (context_ != nullptr) context_->TryCancel();
}

grpc::Status ScriptedCalls::MakeCalls(grpc::ServerContext* context, Stream* stream) {
  stream->SendInitialMetadata();
  {
    const absl::MutexLock lock(&mutex_);
    stream_ = stream;
    context_ = context;
  }
  v1::MakeCallsRequest request;
  while (stream->Read(&request)) {
    const absl::MutexLock lock(&mutex_);
    for (const auto& watch_request : request.watch_requests()) watch_requests_.push_back(watch_request);
    if (request.calls_size() == 0) continue;
    messages_.push_back(request);
    if (refusals_) AnswerLocked(request);
  }
  const absl::MutexLock lock(&mutex_);
  // The next stream may have been opened before this one was heard to be over.
  if (stream_ == stream) {
    stream_ = nullptr;
    context_ = nullptr;
  }
  return grpc::Status::OK;
}

void ScriptedCalls::AnswerLocked(const v1::MakeCallsRequest& request) {
  v1::MakeCallsResponse answers;
  for (const auto& call : request.calls()) {
    auto& answer = *answers.add_answers();
    answer.set_number(call.number());
    if (refusals_->empty()) {
      answer.set_response(call.request());
    } else {
      *answer.mutable_error() = rpc::ToCallError(refusals_->front());
      refusals_->erase(refusals_->begin());
    }
  }
  stream_->Write(answers);
}

}  // namespace parley::edge
