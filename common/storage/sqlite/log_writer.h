#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/storage/log_store.h"
#include "common/storage/sqlite/checkpointer.h"
#include "common/storage/sqlite/database.h"
#include "common/storage/sqlite/log_index.h"

namespace parley::storage::sqlite {

/// Commands on their way into the log.
struct PendingAppend {
  AppendRequest request;
  std::function<void(absl::Status)> done;
  /// What `done` is to be told.
  absl::Status status;
  /// Those that were written, one for each command.
  std::vector<LogRow> rows;
};

/// A state on its way into the file.
struct PendingState {
  std::string room_id;
  Position at;
  std::string state;
};

/// Writes to a log's file. One thread at a time.
class LogWriter {
 public:
  /// `checkpoints` is another connection to the same file.
  static absl::StatusOr<std::unique_ptr<LogWriter>> Open(Database database, Database checkpoints);

  /// Commits all of it or nothing: adds the rows of commands, which it tells, and states, and deletes the
  /// rows that are garbage.
  absl::Status Write(const std::vector<PendingAppend*>& appends, const std::vector<PendingState*>& states,
                     const std::vector<RowId>& garbage, Time now);

 private:
  LogWriter(Database database, std::vector<Statement> statements, Database checkpoints);

  absl::Status Insert(PendingAppend& append, Time now);
  absl::Status Save(const PendingState& state);

  // Outlives the connection, which tells it of commits.
  Checkpointer checkpointer_;
  Database database_;
  Statement begin_;
  Statement commit_;
  Statement insert_;
  Statement remove_;
  Statement save_state_;
  Statement remove_state_;
};

}  // namespace parley::storage::sqlite
