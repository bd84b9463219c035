#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

struct io_uring;

namespace parley::websocket {

/// Writes to many sockets by one system call (io_uring), which takes a tenth off all CPU time of a delivery
/// to many. One thread at a time.
class WriteBatch {
 public:
  static constexpr std::size_t kMaxWrites = 128;
  static constexpr std::size_t kMaxBuffers = 32;

  /// One gather write. What it points to must stay until Submit has returned.
  struct Write {
    int socket = -1;
    std::array<iovec, kMaxBuffers> buffers;
    std::size_t buffer_count = 0;
    /// After Submit: how many bytes the socket has taken, or a negative errno, -EAGAIN when it takes none
    /// now.
    int result = 0;

   private:
    friend class WriteBatch;
    msghdr message;
  };

  /// Null when the kernel doesn't grant it, as is usual in containers: then every write has to be a system
  /// call of its own.
  static std::unique_ptr<WriteBatch> Create();

  ~WriteBatch();
  WriteBatch(const WriteBatch&) = delete;
  WriteBatch& operator=(const WriteBatch&) = delete;

  /// The writes to be filled in.
  std::span<Write> writes() { return writes_; }

  /// Does the first `count` of the writes, none of which waits for its socket. False: the kernel doesn't go
  /// on with it, and the batch is of no more use; what wasn't written has -EAGAIN.
  bool Submit(std::size_t count);

 private:
  explicit WriteBatch(std::unique_ptr<io_uring> ring);

  /// Returns how many there were.
  std::size_t TakeResults();

  const std::unique_ptr<io_uring> ring_;
  std::vector<Write> writes_{kMaxWrites};
};

}  // namespace parley::websocket
