#include "edge/websocket/write_batch.h"

#include <liburing.h>

#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "common/log/log.h"

namespace parley::websocket {
namespace {

/// Once, however many loops ask.
void LogRefusal(int error) {
  static std::once_flag logged;
  std::call_once(logged, [error] {
    log::Info("io_uring is not granted: each write is a system call of its own",
              {{"cause", std::generic_category().message(error)}});
  });
}

}  // namespace

std::unique_ptr<WriteBatch> WriteBatch::Create() {
  auto ring = std::make_unique<io_uring>();
  if (const int result = io_uring_queue_init(kMaxWrites, ring.get(), 0); result < 0) {
    LogRefusal(-result);
    return nullptr;
  }
  return std::unique_ptr<WriteBatch>(new WriteBatch(std::move(ring)));
}

WriteBatch::WriteBatch(std::unique_ptr<io_uring> ring) : ring_(std::move(ring)) {}

WriteBatch::~WriteBatch() { io_uring_queue_exit(ring_.get()); }

bool WriteBatch::Submit(std::size_t count) {
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  for (std::size_t i = 0; i < count; ++i) {
    Write& write = writes_[i];
    write.result = -EAGAIN;
    // There is room: the ring takes as many, and is empty.
    io_uring_sqe* const entry = io_uring_get_sqe(ring_.get());
    if (write.buffer_count == 1) {
      io_uring_prep_send(entry, write.socket, write.buffers[0].iov_base, write.buffers[0].iov_len, kFlags);
    } else {
      write.message = {};
      write.message.msg_iov = write.buffers.data();
      write.message.msg_iovlen = write.buffer_count;
      io_uring_prep_sendmsg(entry, write.socket, &write.message, kFlags);
    }
    io_uring_sqe_set_data64(entry, i);
  }
  std::size_t done = 0;
  while (done < count) {
    const int result = io_uring_submit_and_wait(ring_.get(), static_cast<unsigned>(count - done));
    done += TakeResults();
    if (result < 0 && result != -EINTR) {
      log::Warning("io_uring failed", {{"cause", std::generic_category().message(-result)}});
      return false;
    }
  }
  return true;
}

std::size_t WriteBatch::TakeResults() {
  unsigned head = 0;
  unsigned count = 0;
  io_uring_cqe* completion = nullptr;
  io_uring_for_each_cqe(ring_.get(), head, completion) {
    writes_[completion->user_data].result = completion->res;
    ++count;
  }
  io_uring_cq_advance(ring_.get(), count);
  return count;
}

}  // namespace parley::websocket
