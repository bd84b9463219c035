#include "edge/websocket/write_batch.h"

#include <liburing.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "common/log/log.h"

namespace parley::websocket {
namespace {

/// 0, or the errno of what this kernel refuses.
int Start(io_uring& ring) {
  if (const int result = io_uring_queue_init(WriteBatch::kMaxWrites, &ring, 0); result < 0) return -result;
  // Kernels before 5.6 have rings, but not all that is asked of them.
  const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> probe(io_uring_get_probe_ring(&ring),
                                                                              &io_uring_free_probe);
  const bool sends = probe != nullptr && io_uring_opcode_supported(probe.get(), IORING_OP_SEND) != 0 &&
                     io_uring_opcode_supported(probe.get(), IORING_OP_SENDMSG) != 0;
  if (sends) return 0;
  io_uring_queue_exit(&ring);
  return EOPNOTSUPP;
}

}  // namespace

std::unique_ptr<WriteBatch> WriteBatch::Create() {
  auto ring = std::make_unique<io_uring>();
  if (const int error = Start(*ring); error != 0) {
    log::Info("a worker is not granted io_uring and writes to one client after the other",
              {{"cause", std::generic_category().message(error)}});
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
