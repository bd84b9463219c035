#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/storage/sqlite/database.h"
#include "common/storage/sqlite/log_index.h"

namespace parley::storage::sqlite {

/// A file that was opened, and what was found in it.
struct LogFile {
  Database database;
  LogIndex index;
  std::uint64_t epoch;
};

/// Opens a log's file, makes it if there is none, and reads all of it once, so that damage is found now and
/// not when a room is. DATA_LOSS: it is damaged, and the message says what to do; FAILED_PRECONDITION:
/// another program's, or another version's; UNAVAILABLE: it can't be read or written.
absl::StatusOr<LogFile> OpenLogFile(const std::string& path, bool survive_power_cut, LogIndex::Limits limits);

}  // namespace parley::storage::sqlite
