#include "edge/socketio/recovery_table.h"

#include "edge/socketio/socket.h"

namespace parley::socketio {

RecoveryTable::~RecoveryTable() {
  for (const std::shared_ptr<Socket>& socket : All()) socket->Abandon();
}

void RecoveryTable::Insert(const std::string& pid, const std::shared_ptr<Socket>& socket) {
  const std::lock_guard lock(mutex_);
  by_pid_[pid] = socket;
}

void RecoveryTable::Remove(const std::string& pid, const Socket& socket) {
  std::shared_ptr<Socket> known;  // Not to be let go of under the lock.
  const std::lock_guard lock(mutex_);
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end()) return;
  known = found->second.lock();
  if (known == nullptr || known.get() == &socket) by_pid_.erase(found);
}

std::shared_ptr<Socket> RecoveryTable::Find(const std::string& pid) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? nullptr : found->second.lock();
}

std::vector<std::shared_ptr<Socket>> RecoveryTable::All() const {
  std::vector<std::shared_ptr<Socket>> sockets;
  const std::lock_guard lock(mutex_);
  for (const auto& [pid, weak] : by_pid_) {
    if (std::shared_ptr<Socket> socket = weak.lock()) sockets.push_back(std::move(socket));
  }
  return sockets;
}

}  // namespace parley::socketio
