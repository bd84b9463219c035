#pragma once

#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/storage/sqlite/database.h"

namespace parley::storage::sqlite {

/// Carries what was committed from the write-ahead log into the database file, on a thread and a connection
/// of its own: it waits for the disk, and a commit must not.
class Checkpointer {
 public:
  explicit Checkpointer(Database database);
  /// Carries over what is left, so that the log is empty afterwards.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// There are so many pages in the log now. Any thread.
  void OnCommit(int pages);

 private:
  void Run();
  void Checkpoint(int mode);

  Database database_;

  absl::Mutex mutex_;
  int pages_ ABSL_GUARDED_BY(mutex_) = 0;
  /// How many there were when the last checkpoint began.
  int carried_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace parley::storage::sqlite
