#include "common/storage/sqlite/log_writer.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/log/log.h"
#include "common/storage/sqlite/row_bytes.h"

namespace parley::storage::sqlite {

absl::StatusOr<std::unique_ptr<LogWriter>> LogWriter::Open(Database database, Database checkpoints) {
  std::vector<Statement> statements;
  for (const char* sql :
       {"BEGIN IMMEDIATE", "COMMIT", "INSERT INTO log VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "DELETE FROM log WHERE id = ?", "INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?)",
        "DELETE FROM state WHERE room = ?"}) {
    absl::StatusOr<Statement> statement = database.Prepare(sql);
    if (!statement.ok()) return statement.status();
    statements.push_back(*std::move(statement));
  }
  return std::unique_ptr<LogWriter>(
      new LogWriter(std::move(database), std::move(statements), std::move(checkpoints)));
}

LogWriter::LogWriter(Database database, std::vector<Statement> statements, Database checkpoints)
    : checkpointer_(std::move(checkpoints)),
      database_(std::move(database)),
      begin_(std::move(statements[0])),
      commit_(std::move(statements[1])),
      insert_(std::move(statements[2])),
      remove_(std::move(statements[3])),
      save_state_(std::move(statements[4])),
      remove_state_(std::move(statements[5])) {
  sqlite3_wal_hook(
      database_.handle(),
      [](void* checkpointer, sqlite3*, const char*, int pages) {
        static_cast<Checkpointer*>(checkpointer)->OnCommit(pages);
        return SQLITE_OK;
      },
      &checkpointer_);
}

absl::Status LogWriter::Write(const std::vector<PendingAppend*>& appends,
                              const std::vector<PendingState*>& states, const std::vector<RowId>& garbage,
                              Time now) {
  absl::Cleanup roll_back = [this] {
    // Some failures have rolled back already.
    if (sqlite3_get_autocommit(database_.handle()) != 0) return;
    if (const absl::Status status = database_.Execute("ROLLBACK"); !status.ok()) {
      log::Error("roll back failed", {{"cause", status.ToString()}});
    }
  };
  absl::Status status = begin_.Run();
  for (PendingAppend* append : appends) {
    if (status.ok()) status = Insert(*append, now);
  }
  for (const PendingState* state : states) {
    if (status.ok()) status = Save(*state);
  }
  for (const RowId row : garbage) {
    if (!status.ok()) break;
    remove_.Bind(1, row);
    status = remove_.Run();
  }
  if (status.ok()) status = commit_.Run();
  return status;
}

absl::Status LogWriter::Insert(PendingAppend& append, Time now) {
  const AppendRequest& request = append.request;
  Position head = request.head;
  for (const AppendRequest::Command& command : request.commands) {
    const std::uint64_t events = command.records.size();
    head.sequence += events;
    const bool last = request.last && &command == &request.commands.back();
    const std::string records = PackRecords(command.records);
    insert_.BindText(1, request.room_id);
    insert_.Bind(2, static_cast<std::int64_t>(head.incarnation));
    insert_.Bind(3, static_cast<std::int64_t>(head.sequence));
    insert_.Bind(4, static_cast<std::int64_t>(events));
    insert_.BindBlob(5, records);
    insert_.BindText(6, command.request_id);
    insert_.BindBlob(7, command.reply);
    insert_.Bind(8, now.time_since_epoch().count());
    insert_.Bind(9, last ? 1 : 0);
    insert_.Bind(10, Checksum({request.room_id, records, command.request_id, command.reply}));
    if (const absl::Status status = insert_.Run(); !status.ok()) return status;
    append.rows.push_back({sqlite3_last_insert_rowid(database_.handle()), request.room_id, head, events,
                           command.request_id, now, last});
  }
  if (!request.last) return absl::OkStatus();
  remove_state_.BindText(1, request.room_id);
  return remove_state_.Run();
}

absl::Status LogWriter::Save(const PendingState& state) {
  save_state_.BindText(1, state.room_id);
  save_state_.Bind(2, static_cast<std::int64_t>(state.at.incarnation));
  save_state_.Bind(3, static_cast<std::int64_t>(state.at.sequence));
  save_state_.BindBlob(4, state.state);
  save_state_.Bind(5, Checksum({state.room_id, state.state}));
  return save_state_.Run();
}

}  // namespace parley::storage::sqlite
