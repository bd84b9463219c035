#include "edge/engineio/registry.h"

#include <utility>

#include "edge/engineio/session.h"

namespace parley::engineio {

void Registry::Insert(std::shared_ptr<Session> session) {
  const std::string& sid = session->sid();
  sessions_.emplace(sid, std::move(session));
  size_.store(sessions_.size(), std::memory_order_relaxed);
}

void Registry::Remove(const std::string& sid) {
  sessions_.erase(sid);
  size_.store(sessions_.size(), std::memory_order_relaxed);
}

std::shared_ptr<Session> Registry::Find(const std::string& sid) const {
  const auto found = sessions_.find(sid);
  return found == sessions_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Session>> Registry::All() const {
  std::vector<std::shared_ptr<Session>> all;
  all.reserve(sessions_.size());
  for (const auto& [sid, session] : sessions_) all.push_back(session);
  return all;
}

}  // namespace parley::engineio
