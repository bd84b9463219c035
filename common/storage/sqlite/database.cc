#include "common/storage/sqlite/database.h"

#include "absl/strings/str_cat.h"

namespace parley::storage::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
// Its connections within one process share the file without asking the kernel for a lock, eight times for
// each commit; other processes are refused. Takes a twentieth off the CPU time of a message that is committed
// by itself. The one lock that keeps them out is gone when anybody in this process opens and closes the file
// past SQLite.
constexpr char kFileSystem[] = "unix-excl";

absl::Status Failure(sqlite3* handle, int code) {
  const char* file = sqlite3_db_filename(handle, "main");
  const std::string message = absl::StrCat(file == nullptr ? "database" : file, ": ", sqlite3_errmsg(handle));
  const int primary = code & 0xff;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) return absl::DataLossError(message);
  if (primary == SQLITE_BUSY) {
    return absl::UnavailableError(absl::StrCat(message, "; has another program opened it?"));
  }
  // Upon these nothing is written that could pass for a whole commit. Others may come when it has been.
  if (primary == SQLITE_FULL || primary == SQLITE_READONLY || code == SQLITE_IOERR_WRITE) {
    return absl::ResourceExhaustedError(message);
  }
  return absl::UnavailableError(message);
}

}  // namespace

absl::StatusOr<Database> Database::Open(const std::string& path) {
  sqlite3* handle = nullptr;
  // Each connection is used by one thread at a time.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, kFileSystem);
  Database database(handle);
  if (code != SQLITE_OK) {
    return absl::UnavailableError(
        absl::StrCat(path, ": ", handle == nullptr ? "out of memory" : sqlite3_errmsg(handle)));
  }
  // SQLite takes a file that it may only read for one that shall only be read.
  if (sqlite3_db_readonly(handle, "main") != 0) {
    return absl::UnavailableError(absl::StrCat(path, ": may not be written"));
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

absl::Status Database::Execute(const std::string& sql) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Failure(handle(), code);
}

absl::StatusOr<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return Failure(handle(), code);
  return Statement(statement);
}

void Statement::Bind(int index, std::int64_t value) { sqlite3_bind_int64(handle_.get(), index, value); }

void Statement::BindText(int index, std::string_view text) {
  sqlite3_bind_text64(handle_.get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::BindBlob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(handle_.get(), index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

absl::StatusOr<bool> Statement::Step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return Failure(sqlite3_db_handle(handle_.get()), code);
}

absl::Status Statement::Run() {
  const absl::StatusOr<bool> row = Step();
  Reset();
  return row.status();
}

void Statement::Reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

std::int64_t Statement::Integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }

std::string_view Statement::Bytes(int column) const {
  // In this order, as SQLite demands.
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace parley::storage::sqlite
