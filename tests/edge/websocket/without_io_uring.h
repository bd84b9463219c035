#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace parley::websocket {

/// As long as it lives the process is granted no io_uring, because it may have no more descriptors than it
/// has; so nothing else must need one either.
class WithoutIoUring {
 public:
  WithoutIoUring() {
    if (getrlimit(RLIMIT_NOFILE, &before_) != 0)
      throw std::system_error(errno, std::generic_category(), "getrlimit");
    rlimit now = before_;
    now.rlim_cur = LowestFree();
    if (setrlimit(RLIMIT_NOFILE, &now) != 0)
      throw std::system_error(errno, std::generic_category(), "setrlimit");
  }
  ~WithoutIoUring() { setrlimit(RLIMIT_NOFILE, &before_); }
  WithoutIoUring(const WithoutIoUring&) = delete;
  WithoutIoUring& operator=(const WithoutIoUring&) = delete;

 private:
  /// The descriptor that would be given out next.
  static rlim_t LowestFree() {
    const int lowest = dup(STDIN_FILENO);
    if (lowest < 0) throw std::system_error(errno, std::generic_category(), "dup");
    close(lowest);
    return static_cast<rlim_t>(lowest);
  }

  rlimit before_;
};

}  // namespace parley::websocket
