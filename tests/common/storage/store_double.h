#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/storage/log_store.h"

namespace parley::storage {

/// A store whose appends can be held back, refused, or preceded by another process's.
class StoreDouble final : public LogStore {
 public:
  explicit StoreDouble(LogStore& real) : real_(real) {}

  std::uint64_t Epoch() const override { return real_.Epoch(); }

  /// From now on appends wait for ReleaseOne.
  void HoldAppends() {
    const absl::MutexLock lock(&mutex_);
    holding_ = true;
  }

  std::size_t held() {
    const absl::MutexLock lock(&mutex_);
    return held_.size();
  }

  /// Lets the oldest append that waits take place, on the calling thread.
  void ReleaseOne() {
    std::function<void()> append;
    {
      const absl::MutexLock lock(&mutex_);
      append = std::move(held_.front());
      held_.pop_front();
    }
    append();
  }

  /// How many commands each append had that came since the last call.
  std::vector<std::size_t> TakeSizes() {
    const absl::MutexLock lock(&mutex_);
    return std::exchange(sizes_, {});
  }

  /// Called before the next append, which may find another head afterwards.
  void BeforeNextAppend(std::function<void()> before) { before_next_append_ = std::move(before); }

  /// Called before every append.
  void BeforeEveryAppend(std::function<void()> before) { before_every_append_ = std::move(before); }

  /// What appends are answered with instead of being carried out, until it is OK again.
  void FailAppends(absl::Status status) { append_status_ = std::move(status); }
  void FailReads(absl::Status status) { read_status_ = std::move(status); }

  /// As if what is being written had been for so long.
  void set_writing_for(Duration duration) { writing_for_ = duration; }
  Duration WritingFor() const override { return writing_for_; }

  void Append(AppendRequest request, std::function<void(absl::Status)> done) override {
    if (before_every_append_) before_every_append_();
    if (before_next_append_) std::exchange(before_next_append_, nullptr)();
    if (!append_status_.ok()) return done(append_status_);
    {
      const absl::MutexLock lock(&mutex_);
      sizes_.push_back(request.commands.size());
      if (holding_) {
        held_.push_back(
            [this, request = std::move(request), done = std::move(done)] { real_.Append(request, done); });
        return;
      }
    }
    real_.Append(std::move(request), std::move(done));
  }

  absl::StatusOr<StoredRoom> Load(const std::string& room_id) override {
    if (!read_status_.ok()) return read_status_;
    return real_.Load(room_id);
  }
  absl::StatusOr<std::vector<Record>> ReadAfter(const std::string& room_id, Position after,
                                                std::size_t max) override {
    if (!read_status_.ok()) return read_status_;
    return real_.ReadAfter(room_id, after, max);
  }
  absl::StatusOr<std::optional<StoredReply>> FindReply(const std::string& request_id) override {
    if (!read_status_.ok()) return read_status_;
    return real_.FindReply(request_id);
  }
  void SaveState(const std::string& room_id, Position at, std::string state) override {
    real_.SaveState(room_id, at, std::move(state));
  }
  absl::StatusOr<std::vector<std::string>> ListRoomIds() override { return real_.ListRoomIds(); }

 private:
  LogStore& real_;
  // Set while nothing runs.
  std::function<void()> before_next_append_;
  std::function<void()> before_every_append_;
  std::atomic<Duration> writing_for_{Duration::zero()};
  absl::Status append_status_;
  absl::Status read_status_;

  absl::Mutex mutex_;
  std::vector<std::size_t> sizes_ ABSL_GUARDED_BY(mutex_);
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::function<void()>> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::storage
