#include "edge/websocket/flush_queue.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "edge/websocket/connection.h"

namespace parley::websocket {

namespace {

/// For fewer connections a batch costs more than their system calls.
constexpr std::size_t kLeastTogether = 3;

}  // namespace

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
  for (std::span<const std::shared_ptr<Connection>> rest = connections; !rest.empty();) {
    const std::size_t count = std::min(rest.size(), WriteBatch::kMaxWrites);
    FlushTogether(rest.first(count));
    rest = rest.subspan(count);
  }
  connections.clear();
  // Its memory serves the next time.
  if (connections_.empty()) connections_ = std::move(connections);
}

void FlushQueue::FlushTogether(std::span<const std::shared_ptr<Connection>> connections) {
  const bool together = connections.size() >= kLeastTogether;
  if (together && !batch_) batch_ = WriteBatch::Create();
  if (!together || *batch_ == nullptr) {
    for (const std::shared_ptr<Connection>& connection : connections) connection->FlushNow();
    return;
  }
  const std::span<WriteBatch::Write> writes = (*batch_)->writes();
  writers_.clear();
  for (const std::shared_ptr<Connection>& connection : connections) {
    if (connection->Gather(writes[writers_.size()])) writers_.push_back(connection.get());
  }
  const bool usable = (*batch_)->Submit(writers_.size());
  for (std::size_t i = 0; i < writers_.size(); ++i) writers_[i]->OnWritten(writes[i].result);
  if (!usable) *batch_ = nullptr;
}

}  // namespace parley::websocket
