#include "edge/websocket/flush_queue.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "edge/websocket/connection.h"

namespace parley::websocket {

boost::asio::execution_context::id FlushQueue::id;

FlushQueue::FlushQueue(boost::asio::execution_context& loop)
    : boost::asio::execution_context::service(loop), loop_(static_cast<boost::asio::io_context&>(loop)) {}

void FlushQueue::Add(std::shared_ptr<Connection> connection) {
  connections_.push_back(std::move(connection));
  if (!std::exchange(posted_, true)) boost::asio::post(loop_, [this] { FlushAll(); });
}

void FlushQueue::FlushAll() {
  posted_ = false;
  std::vector<std::shared_ptr<Connection>> connections = std::exchange(connections_, {});
  for (const std::shared_ptr<Connection>& connection : connections) connection->FlushNow();
  connections.clear();
  // Its memory serves the next time.
  if (connections_.empty()) connections_ = std::move(connections);
}

}  // namespace parley::websocket
