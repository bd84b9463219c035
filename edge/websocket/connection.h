#pragma once

#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "edge/websocket/flush_queue.h"
#include "edge/websocket/frame.h"
#include "edge/websocket/handshake.h"
#include "edge/websocket/outbox.h"
#include "edge/websocket/socket.h"
#include "edge/websocket/write_batch.h"

namespace parley::websocket {

/// Why a connection is over.
struct CloseReason {
  enum Kind {
    /// The peer sent a close frame; `code` and `text` are the peer's (1005 when it named none).
    kPeerClosed,
    /// The connection ended or broke without a close frame, or the handshake failed; `text` says how.
    kTransportError,
    /// The peer broke the protocol or a limit; it was told so with `code`: 1002, 1007 or 1009.
    kProtocolError,
    /// More than Options::max_queued_bytes, or the budget, allow would have waited for the peer to read.
    kSlowConsumer,
    /// Close() was called here with `code`, and the peer answered, went away, or took longer than
    /// close_timeout.
    kClosed,
    /// Abort() was called here, or the server closed all its connections.
    kAborted,
  };
  Kind kind;
  std::uint16_t code = 0;
  std::string text;
};

/// What a connection tells its user. All calls come on the connection's worker, never from within a call of a
/// member of Connection.
class Handler {
 public:
  virtual ~Handler() = default;

  /// The handshake is complete. Not called when it failed, or when Close or Abort came first.
  virtual void OnOpen() {}

  /// A whole message. `payload` is valid during the call only; that of a text message is valid UTF-8.
  virtual void OnMessage(std::string_view payload, bool binary) = 0;

  /// Exactly once, and the last call. The connection lets go of the handler after it.
  virtual void OnClosed(CloseReason reason) = 0;
};

struct Options {
  /// The largest message taken from the peer, in bytes of payload; a larger one is a protocol error (1009).
  std::size_t max_message_bytes = 1'000'000;
  /// What may wait for the peer to read, in bytes on the wire, beyond what the kernel has taken.
  std::size_t max_queued_bytes = 4'000'000;
  /// What waits for the peers of all connections together; nullptr: as much as may. Outlives the connection.
  limits::QueueBudget* queue_budget = nullptr;
  /// How long the peer may take to answer a close frame, and then to close the TCP connection.
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);
  /// Whether messages are compressed both ways (permessage-deflate) with peers that offer it. A peer's are
  /// limited by max_message_bytes as they are before compression.
  bool deflate = false;
};

/// The server's side of one WebSocket connection. Worker thread only. It keeps itself alive until it is over;
/// a user may drop its reference at any time, and may call every member after the end, without effect.
///
/// There is one writer per socket: whatever queues up while a write is in flight, or within one turn of the
/// loop, leaves in one gather write, control frames included.
class Connection final : public std::enable_shared_from_this<Connection> {
  struct Private {};

 public:
  /// A connection without a socket yet: what is sent meanwhile follows the handshake's response.
  static std::shared_ptr<Connection> Create(Executor executor, std::shared_ptr<Handler> handler,
                                            Options options);

  Connection(Private, Executor executor, std::shared_ptr<Handler> handler, Options options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Answers the upgrade request that was read from `socket` and begins to read. `read_ahead` is what was
  /// read after the request. `lease` is held until the socket is closed and the handler knows. Called once,
  /// by the HTTP server.
  void Start(Socket socket, const UpgradeRequest& request, std::string read_ahead,
             std::shared_ptr<void> lease);

  /// Queues a message. Dropped when the connection is closing. Over max_queued_bytes the connection closes
  /// with kSlowConsumer.
  void Send(SharedFrame frame);

  /// Sends a close frame after what is queued, and awaits the peer's. Messages that arrive meanwhile are
  /// dropped.
  void Close(std::uint16_t code, std::string_view reason);

  /// Closes the socket at once; nothing queued is sent any more.
  void Abort();

  // ---- For the FlushQueue, which calls FlushNow, or Gather and, if that was true, OnWritten.

  /// Writes what is queued.
  void FlushNow();

  /// Fills in what is to be written next. False: nothing is, and FlushNow has been called instead.
  bool Gather(WriteBatch::Write& write);

  /// What was gathered is written, as far as `result` says, which is WriteBatch::Write's. Writes the rest.
  void OnWritten(int result);

  /// What waits to be written, in bytes on the wire.
  std::size_t queued_bytes() const { return outbox_.bytes(); }

 private:
  struct Stream;

  enum class State {
    kStarting,   // The handshake is not complete.
    kOpen,       // Both sides may send.
    kClosing,    // A close frame of ours is queued or sent; the peer's is awaited.
    kLingering,  // The peer's last word was read; ours is flushed and the peer's end of the stream awaited.
    kClosed,     // The socket is closed.
  };

  void OnAnswered(boost::system::error_code refusal, std::string read_ahead);
  void AwaitReadable();
  void OnReadable(boost::system::error_code ec);
  /// Leads what has been read to the handler, and goes on reading unless that ends it.
  void Take(std::span<char> bytes);
  /// Nothing is read any more, because of what has been found.
  void EndReading(CloseReason found);
  /// Calls the handler; one that throws loses the connection.
  void Tell(const std::function<void(Handler&)>& fn);
  /// A frame of ours or of the protocol's, which waits its turn.
  void Queue(SharedFrame frame);

  void ScheduleFlush();
  void Flush();
  void AwaitWritable();
  void OnWriteFailed();

  /// Queues a close frame and gives the peer close_timeout to answer; `reason` is what the handler will be
  /// told.
  void BeginClose(CloseReason reason);
  /// Lets the peer read what is queued and close its side, for close_timeout at most.
  void Linger();
  void FinishLinger();
  void Drain();
  void StartTimer();
  void OnTimeout();
  /// Ends everything at once, and tells the handler afterwards.
  void CutOff(CloseReason reason);
  /// Ends everything. The handler has been told.
  void CloseSocket();
  /// Tells the handler of the end, unless it knows.
  void Report(CloseReason reason);

  // Constant after construction.
  const Executor executor_;
  FlushQueue& flush_queue_;
  const Options options_;

  // Worker thread only.
  State state_ = State::kStarting;
  bool flush_pending_ = false;  // In the flush queue, or waiting for the socket to become writable.
  bool peer_done_ = false;      // While lingering: the peer has closed its side.
  Outbox outbox_;
  std::unique_ptr<Timer> timer_;                    // From kClosing and kLingering on.
  std::shared_ptr<Handler> handler_;                // Until it has been told of the end.
  std::unique_ptr<const CloseReason> why_closing_;  // In kClosing: what the handler is to be told.
  std::unique_ptr<Stream> stream_;                  // From Start until nothing is read any more.
  std::shared_ptr<void> lease_;                     // From Start until the socket is closed.
};

}  // namespace parley::websocket
