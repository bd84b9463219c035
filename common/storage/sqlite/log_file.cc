#include "common/storage/sqlite/log_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ids/ids.h"
#include "common/storage/sqlite/row_bytes.h"

namespace parley::storage::sqlite {
namespace {

// Tells a file of ours from those of other programs, and its form from earlier and later ones.
constexpr std::int64_t kApplicationId = 0x5061726c;
constexpr std::int64_t kSchemaVersion = 1;

// What the writing connection may hold of the file in memory. It appends, and deletes in the order in which
// it has appended, so it comes back to the last pages only; SQLite's 2 MB would fill up with what isn't used
// again. A whole batch has to fit, or part of it is written twice.
constexpr int kCacheKib = 512;

constexpr char kSchema[] = R"(
  CREATE TABLE store (epoch INTEGER NOT NULL);
  -- One row for each command; its id only ever grows, so that it is written at the end.
  CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    room TEXT NOT NULL,
    incarnation INTEGER NOT NULL,
    sequence INTEGER NOT NULL,    -- of the last event, or of the last one before if there is none
    events INTEGER NOT NULL,
    records BLOB NOT NULL,
    request_id TEXT NOT NULL,
    reply BLOB NOT NULL,
    time INTEGER NOT NULL,        -- milliseconds since 1970
    last INTEGER NOT NULL,        -- the room ended with it
    checksum INTEGER NOT NULL     -- of room, records, request_id and reply
  );
  CREATE TABLE state (
    room TEXT PRIMARY KEY,
    incarnation INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    state BLOB NOT NULL,
    checksum INTEGER NOT NULL     -- of room and state
  );
)";

absl::Status Damaged(const std::string& path, const std::string& what) {
  return absl::DataLossError(absl::StrCat(path, " is damaged: ", what));
}

absl::StatusOr<std::int64_t> ReadInteger(Database& database, std::string_view sql) {
  absl::StatusOr<Statement> statement = database.Prepare(sql);
  if (!statement.ok()) return statement.status();
  const absl::StatusOr<bool> row = statement->Step();
  if (!row.ok()) return row.status();
  return *row ? statement->Integer(0) : 0;
}

/// Makes the tables of a new file, and refuses one that isn't ours.
absl::Status MakeTables(Database& database, const std::string& path) {
  const absl::StatusOr<std::int64_t> tables = ReadInteger(database, "SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*tables == 0) {
    return database.Execute(absl::StrCat(
        "BEGIN IMMEDIATE;", kSchema, "PRAGMA application_id = ", kApplicationId, "; PRAGMA user_version = ",
        kSchemaVersion, "; INSERT INTO store VALUES (", RandomIdSource().Incarnation(), "); COMMIT;"));
  }
  const absl::StatusOr<std::int64_t> application = ReadInteger(database, "PRAGMA application_id");
  if (!application.ok()) return application.status();
  const absl::StatusOr<std::int64_t> version = ReadInteger(database, "PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*application != kApplicationId || *version != kSchemaVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": was written by another program, or by another version of this one (", *version,
                     ", not ", kSchemaVersion, ")"));
  }
  return absl::OkStatus();
}

/// Reads where everything in the log is.
absl::Status ReadLog(Database& database, const std::string& path, LogIndex& index) {
  absl::StatusOr<Statement> log = database.Prepare(
      "SELECT id, room, incarnation, sequence, events, request_id, time, last, records, reply, checksum "
      "FROM log ORDER BY id");
  if (!log.ok()) return log.status();
  for (;;) {
    const absl::StatusOr<bool> more = log->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    LogRow row;
    row.id = log->Integer(0);
    row.room_id = log->Bytes(1);
    row.head = {static_cast<std::uint64_t>(log->Integer(2)), static_cast<std::uint64_t>(log->Integer(3))};
    row.events = static_cast<std::uint64_t>(log->Integer(4));
    row.request_id = log->Bytes(5);
    row.time = Time(Duration(log->Integer(6)));
    row.last = log->Integer(7) != 0;
    if (Checksum({row.room_id, log->Bytes(8), row.request_id, log->Bytes(9)}) != log->Integer(10)) {
      return Damaged(path, absl::StrCat("row ", row.id, " has changed since it was written"));
    }
    index.Add(row);
  }
  return absl::OkStatus();
}

absl::Status ReadStates(Database& database, const std::string& path, LogIndex& index) {
  absl::StatusOr<Statement> states =
      database.Prepare("SELECT room, incarnation, sequence, state, checksum FROM state");
  if (!states.ok()) return states.status();
  for (;;) {
    const absl::StatusOr<bool> more = states->Step();
    if (!more.ok()) return more.status();
    if (!*more) break;
    const std::string room_id(states->Bytes(0));
    const Position at{static_cast<std::uint64_t>(states->Integer(1)),
                      static_cast<std::uint64_t>(states->Integer(2))};
    if (Checksum({room_id, states->Bytes(3)}) != states->Integer(4)) {
      return Damaged(path, absl::StrCat("the state of room ", room_id, " has changed since it was written"));
    }
    if (!index.AddState(room_id, at)) {
      return Damaged(path, absl::StrCat("events of room ", room_id, " are missing"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LogFile> Read(Database database, const std::string& path, LogIndex::Limits limits) {
  absl::Status status = MakeTables(database, path);
  if (!status.ok()) return status;
  const absl::StatusOr<std::int64_t> epoch = ReadInteger(database, "SELECT epoch FROM store");
  if (!epoch.ok()) return epoch.status();
  LogIndex index(limits);
  status = ReadLog(database, path, index);
  if (status.ok()) status = ReadStates(database, path, index);
  if (!status.ok()) return status;
  if (const auto torn = index.FindTornRoom()) {
    return Damaged(path, absl::StrCat("the first events of room ", *torn, " are missing"));
  }
  return LogFile{std::move(database), std::move(index), static_cast<std::uint64_t>(*epoch)};
}

}  // namespace

absl::StatusOr<LogFile> OpenLogFile(const std::string& path, bool survive_power_cut,
                                    LogIndex::Limits limits) {
  absl::StatusOr<Database> database = Database::Open(path);
  if (!database.ok()) return database.status();
  const absl::Status configured = database->Execute(
      absl::StrCat("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; "
                   "PRAGMA cache_size = -",
                   kCacheKib, "; PRAGMA synchronous = ", survive_power_cut ? "FULL" : "NORMAL"));
  absl::StatusOr<LogFile> file =
      configured.ok() ? Read(*std::move(database), path, limits) : absl::StatusOr<LogFile>(configured);
  if (file.ok() || !absl::IsDataLoss(file.status())) return file;
  return absl::DataLossError(absl::StrCat(
      file.status().message(),
      ". Restore the file from a backup, or move it and the files beside it away to begin without data"));
}

}  // namespace parley::storage::sqlite
