#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley::socketio {

class Socket;

/// The sockets whose clients may come back to them, by the secret that such a client shows (`pid`). Any
/// thread.
class RecoveryTable {
 public:
  RecoveryTable() = default;
  /// Lets go of the sockets that still wait. The workers must have stopped.
  ~RecoveryTable();
  RecoveryTable(const RecoveryTable&) = delete;
  RecoveryTable& operator=(const RecoveryTable&) = delete;

  void Insert(const std::string& pid, const std::shared_ptr<Socket>& socket);
  /// Does nothing when another socket has that pid by now.
  void Remove(const std::string& pid, const Socket& socket);

  /// nullptr when there is none.
  std::shared_ptr<Socket> Find(const std::string& pid) const;
  std::vector<std::shared_ptr<Socket>> All() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<Socket>> by_pid_;
};

}  // namespace parley::socketio
