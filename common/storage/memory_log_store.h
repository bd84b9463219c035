#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/ids/ids.h"
#include "common/storage/log_store.h"

namespace parley::storage {

/// Keeps everything in this process's memory and loses it with the process.
class MemoryLogStore final : public LogStore {
 public:
  struct Limits {
    /// Events of a room that are kept although a saved state includes them, so that watchers can resume.
    std::size_t retained_records = 1024;
    /// Replies that are kept, over all rooms; the oldest go first.
    std::size_t retained_replies = 65536;
  };

  MemoryLogStore() : MemoryLogStore(Limits{}) {}
  explicit MemoryLogStore(Limits limits) : MemoryLogStore(limits, RandomIdSource().Incarnation()) {}
  /// With a known epoch, for tests that have to know the positions derived from it.
  MemoryLogStore(Limits limits, std::uint64_t epoch) : limits_(limits), epoch_(epoch) {}

  std::uint64_t Epoch() const override { return epoch_; }

  void Append(AppendRequest request, std::function<void(absl::Status)> done) override;
  Duration WritingFor() const override { return Duration::zero(); }
  absl::StatusOr<StoredRoom> Load(const std::string& room_id) override;
  absl::StatusOr<std::vector<Record>> ReadAfter(const std::string& room_id, Position after,
                                                std::size_t max) override;
  absl::StatusOr<std::optional<StoredReply>> FindReply(const std::string& request_id) override;
  void SaveState(const std::string& room_id, Position at, std::string state) override;
  absl::StatusOr<std::vector<std::string>> ListRoomIds() override;

 private:
  struct Room {
    Position head;
    std::uint64_t state_sequence = 0;
    std::string state;
    /// Without holes, up to the head.
    std::deque<Record> records;
  };

  absl::Status AppendLocked(AppendRequest request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const Limits limits_;
  const std::uint64_t epoch_;

  absl::Mutex mutex_;
  std::unordered_map<std::string, Room> rooms_ ABSL_GUARDED_BY(mutex_);
  std::unordered_map<std::string, StoredReply> replies_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> replies_by_age_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::storage
