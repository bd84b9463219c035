#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::engineio {

class Session;

/// The sessions of one worker, which it keeps alive. Worker thread only, but for size().
class Registry {
 public:
  void Insert(std::shared_ptr<Session> session);
  void Remove(const std::string& sid);
  std::shared_ptr<Session> Find(const std::string& sid) const;
  std::vector<std::shared_ptr<Session>> All() const;

  /// Any thread.
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  std::unordered_map<std::string, std::shared_ptr<Session>> sessions_;
  std::atomic<std::size_t> size_ = 0;
};

}  // namespace parley::engineio
