#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace parley::storage::sqlite {

class Statement;

/// One connection to a database file. One thread at a time. Every failure is a status whose message names the
/// file and says what SQLite says: DATA_LOSS for a file that is damaged or none of SQLite's, UNAVAILABLE for
/// everything else, a full disk for instance.
class Database {
 public:
  /// Opens a file, and creates it if there is none. A connection that finds the file busy waits for ten
  /// seconds.
  static absl::StatusOr<Database> Open(const std::string& path);

  /// Runs statements that return nothing.
  absl::Status Execute(const std::string& sql);

  absl::StatusOr<Statement> Prepare(std::string_view sql);

  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };

  explicit Database(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Closer> handle_;
};

/// A prepared statement, which is bound, stepped through and begun anew. It keeps its database open.
class Statement {
 public:
  /// Binds the parameter `index`, from 1. The bytes must live until Reset.
  void Bind(int index, std::int64_t value);
  void BindText(int index, std::string_view text);
  void BindBlob(int index, std::string_view bytes);

  /// Whether there is a row.
  absl::StatusOr<bool> Step();

  /// Steps to the end of a statement that returns nothing, and resets it.
  absl::Status Run();

  /// Makes it ready to be bound again.
  void Reset();

  /// A column of the row, from 0; text and bytes are valid until the next step.
  std::int64_t Integer(int column) const;
  std::string_view Bytes(int column) const;

 private:
  friend class Database;

  struct Finalizer {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };

  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3_stmt, Finalizer> handle_;
};

}  // namespace parley::storage::sqlite
