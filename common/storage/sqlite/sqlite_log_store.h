#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/storage/log_store.h"
#include "common/storage/sqlite/database.h"
#include "common/storage/sqlite/file_lock.h"
#include "common/storage/sqlite/log_index.h"
#include "common/storage/sqlite/log_writer.h"

namespace parley::storage {

/// Keeps everything in one SQLite file. What is appended by any number of threads is committed in batches by
/// one; the log on disk is written sequentially and has no index, which is kept in memory.
class SqliteLogStore final : public LogStore {
 public:
  /// What a commit survives.
  enum class Durability {
    kProcess,  // the end of this process, however it comes
    kPower,    // that of the machine
  };

  struct Options {
    /// The file, which is made if there is none; its directory has to be there.
    std::string path;
    Durability durability = Durability::kProcess;
    sqlite::LogIndex::Limits limits;
  };

  /// Fails with DATA_LOSS when the file is damaged, with FAILED_PRECONDITION when another process uses it or
  /// another version of this program wrote it, with UNAVAILABLE when it can't be read or written; the message
  /// says what to do. `clock` must outlive the store.
  static absl::StatusOr<std::unique_ptr<SqliteLogStore>> Open(Options options, const Clock& clock);

  /// Commits what was appended before.
  ~SqliteLogStore() override;
  SqliteLogStore(const SqliteLogStore&) = delete;
  SqliteLogStore& operator=(const SqliteLogStore&) = delete;

  std::uint64_t Epoch() const override { return epoch_; }

  /// `done` is called by whoever commits, which may be the caller of this: what it does holds up the commits
  /// of others. Within a Turn, the caller commits at its end, together, all that it has appended by then.
  void Append(AppendRequest request, std::function<void(absl::Status)> done) override;
  Duration WritingFor() const override;
  absl::StatusOr<StoredRoom> Load(const std::string& room_id) override;
  absl::StatusOr<std::vector<Record>> ReadAfter(const std::string& room_id, Position after,
                                                std::size_t max) override;
  absl::StatusOr<std::optional<StoredReply>> FindReply(const std::string& request_id) override;
  void SaveState(const std::string& room_id, Position at, std::string state) override;
  absl::StatusOr<std::vector<std::string>> ListRoomIds() override;

 private:
  using Task = std::variant<sqlite::PendingAppend, sqlite::PendingState>;

  /// A connection for reading, beside the one that writes.
  struct Reader {
    sqlite::Database database;
    sqlite::Statement read_row;
    sqlite::Statement read_state;
  };

  SqliteLogStore(const Clock& clock, Durability durability, sqlite::FileLock lock, sqlite::LogIndex index,
                 std::uint64_t epoch, Reader reader, std::unique_ptr<sqlite::LogWriter> writer);
  static absl::StatusOr<Reader> OpenReader(const std::string& path);

  void Enqueue(Task task);
  /// Commits what is queued, as the caller that has set committing_; in a Turn again and again, `batches`
  /// times at most.
  void CommitAsCaller(int batches);
  /// What can be committed together: commands on one room must see each other's effect. Empty: there is
  /// nothing, and whoever has taken this commits no more.
  std::vector<Task> TakeBatch();
  /// What the committing thread does.
  void Run();
  /// Commits a batch and answers.
  void Work(std::vector<Task> batch);
  /// Commits what can be of a batch, and sets what is to be answered.
  void Commit(std::vector<Task>& batch);
  /// Logs that writing doesn't work any more, and that it does again, but not each attempt between.
  void Note(const absl::Status& written);

  absl::StatusOr<std::vector<Record>> ReadRows(const std::vector<sqlite::RowId>& rows, std::uint64_t after,
                                               std::uint64_t head) ABSL_LOCKS_EXCLUDED(mutex_);

  // Constant after construction.
  const Clock& clock_;
  const sqlite::FileLock lock_;
  const std::uint64_t epoch_;
  /// Whether a caller commits what it appends when nobody else does: that saves two changes of thread, which
  /// cost as much as the commit. Not where a commit waits for the disk.
  const bool callers_commit_;

  /// What is committed.
  absl::Mutex mutex_;
  sqlite::LogIndex index_ ABSL_GUARDED_BY(mutex_);

  absl::Mutex queue_mutex_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(queue_mutex_);
  /// Somebody commits, and takes along what is queued.
  bool committing_ ABSL_GUARDED_BY(queue_mutex_) = false;
  /// That is the committing thread, or will be as soon as it has woken up.
  bool handed_over_ ABSL_GUARDED_BY(queue_mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(queue_mutex_) = false;

  absl::Mutex reader_mutex_;
  Reader reader_ ABSL_GUARDED_BY(reader_mutex_);

  // Of whoever commits.
  const std::unique_ptr<sqlite::LogWriter> writer_;
  bool failing_ = false;
  /// Time::max() when nothing is being written. Others may read it.
  std::atomic<Time> writing_since_{Time::max()};

  std::thread thread_;
};

}  // namespace parley::storage
