#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

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
  /// By their sids, which they hold themselves.
  absl::flat_hash_map<absl::string_view, std::shared_ptr<Session>> sessions_;
  std::atomic<std::size_t> size_ = 0;
};

}  // namespace parley::engineio
