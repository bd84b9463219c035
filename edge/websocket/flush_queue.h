#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "edge/websocket/write_batch.h"

namespace parley::websocket {

class Connection;

/// The connections of one loop that have something to write: they write it when all else that the loop has to
/// do by now is done, so that what is sent to one of them meanwhile leaves together. One for a whole loop,
/// because a broadcast to a hundred connections would otherwise post a hundred functions, and take a hundred
/// system calls. That loop's thread only.
class FlushQueue final : public boost::asio::execution_context::service {
 public:
  using key_type = FlushQueue;
  static boost::asio::execution_context::id id;

  /// The loop's own: made when it is first asked for, destroyed with the loop.
  static FlushQueue& Of(boost::asio::io_context& loop) { return boost::asio::use_service<FlushQueue>(loop); }

  /// Use Of.
  explicit FlushQueue(boost::asio::execution_context& loop);

  /// Has it written soon what the connection has queued.
  void Add(std::shared_ptr<Connection> connection);

 private:
  void shutdown() override { connections_.clear(); }
  void FlushAll();
  void FlushTogether(std::span<const std::shared_ptr<Connection>> connections);

  boost::asio::io_context& loop_;
  bool posted_ = false;
  std::vector<std::shared_ptr<Connection>> connections_;
  /// From the first time on that many have something to write; null if that can't be had.
  std::optional<std::unique_ptr<WriteBatch>> batch_;
  /// Whose writes they are.
  std::vector<Connection*> writers_;
};

}  // namespace parley::websocket
