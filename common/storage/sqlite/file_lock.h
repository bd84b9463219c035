#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace parley::storage::sqlite {

/// Keeps other processes from using a file at the same time, until it is destroyed or this process ends.
class FileLock {
 public:
  /// Locks the file `path`, which is made if there is none and never removed. FAILED_PRECONDITION: another
  /// process has it; UNAVAILABLE: it can't be made.
  static absl::StatusOr<FileLock> Take(const std::string& path);

  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace parley::storage::sqlite
