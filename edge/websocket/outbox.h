#pragma once

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "edge/limits/queue_budget.h"
#include "edge/websocket/frame.h"

namespace parley::websocket {

/// What waits to be written to one socket: messages from the application and control frames from the
/// protocol, in the order in which they leave. It does no I/O. One thread at a time.
class Outbox {
 public:
  enum class Result { kQueued, kDropped, kFull };

  /// What each frame counts besides its bytes, so that a limit in bytes also bounds how many there are. Not
  /// more than it counts in the queue of a session that polls and in the log of one that may come back, which
  /// have the same limit and are emptied into an outbox.
  static constexpr std::size_t kFrameBytes = 16;

  /// `max_bytes` bounds what waits, kFrameBytes for each frame before the last included. What the socket
  /// doesn't take counts towards the budget, which may be null.
  Outbox(std::size_t max_bytes, limits::QueueBudget* budget) : max_bytes_(max_bytes), waiting_(budget) {}

  /// Queues a frame. Until Open, it waits behind the handshake. kDropped once a close frame is queued:
  /// nothing may follow it. kFull when it would exceed the limit, or the budget while the socket takes
  /// nothing; it is not queued then.
  Result Push(SharedFrame frame);

  /// Queues the handshake's response, before Open.
  void PushHandshake(std::string bytes);

  /// Queues a close frame, whatever the limit. kDropped when there is one already.
  Result PushClose(std::uint16_t code, std::string_view reason);

  /// The handshake is complete.
  void Open();

  /// Forgets what is not on the wire yet, but for the handshake, without which nothing else makes sense, and
  /// the rest of a frame whose beginning is.
  void DropUnsent();

  /// Forgets everything and takes nothing any more: the socket cannot be written.
  void Shut();

  /// Fills `buffers` with what is to be written next, and returns how many it has filled.
  std::size_t Gather(std::span<boost::asio::const_buffer> buffers) const;

  /// `size` bytes of what was gathered are written.
  void Consume(std::size_t size);

  /// The socket takes no more for now: until all is written, what is queued waits for the peer. kFull: it may
  /// not, because that would exceed the budget.
  Result Stall();

  /// Nothing can be written now.
  bool empty() const { return head_ == frames_.size(); }

  /// All that waits, that behind the handshake included.
  std::size_t bytes() const { return bytes_; }

  /// The code of the close frame that was queued; nullopt: none was queued.
  std::optional<std::uint16_t> close_code() const { return close_code_; }

 private:
  void Append(SharedFrame frame);
  std::size_t frame_count() const { return frames_.size() - head_ + early_.size(); }
  /// What is queued as the limit counts it.
  std::size_t size() const { return bytes_ + kFrameBytes * frame_count(); }
  /// Has the budget know what waits. What the socket is about to take doesn't: it would cost each message to
  /// each client two accesses to what all threads change.
  void Account() { waiting_.Set(stalled_ ? size() : 0); }

  const std::size_t max_bytes_;
  bool open_ = false;
  bool shut_ = false;
  bool stalled_ = false;
  bool handshake_waits_ = false;  // The whole of it, or its rest, is the first of frames_.
  std::optional<std::uint16_t> close_code_;
  std::size_t bytes_ = 0;
  limits::QueuedBytes waiting_;

  // A vector with a moving head: unlike a deque it holds no memory while it is empty.
  std::vector<SharedFrame> frames_;
  std::size_t head_ = 0;
  std::size_t head_offset_ = 0;
  std::vector<SharedFrame> early_;
};

}  // namespace parley::websocket
