#include "common/storage/memory_log_store.h"

#include <algorithm>
#include <utility>

namespace parley::storage {

void MemoryLogStore::Append(AppendRequest request, std::function<void(absl::Status)> done) {
  absl::Status status;
  {
    const absl::MutexLock lock(&mutex_);
    status = AppendLocked(std::move(request));
  }
  done(std::move(status));
}

absl::Status MemoryLogStore::AppendLocked(AppendRequest request) {
  for (const AppendRequest::Command& command : request.commands) {
    if (replies_.contains(command.request_id))
      return absl::AlreadyExistsError("a request id is kept already");
  }
  auto found = rooms_.find(request.room_id);
  const bool creates = request.head.sequence == 0;
  const Position head = found == rooms_.end() ? Position{} : found->second.head;
  if (creates ? found != rooms_.end() : head != request.head) {
    return absl::AbortedError("the room's head is another one");
  }
  if (creates) {
    found = rooms_.emplace(request.room_id, Room{}).first;
    found->second.head = request.head;
  }
  Room& room = found->second;
  for (AppendRequest::Command& command : request.commands) {
    for (const std::string& bytes : command.records) room.records.push_back({++room.head.sequence, bytes});
    if (command.request_id.empty()) continue;
    replies_.emplace(command.request_id, StoredReply{request.room_id, room.head, std::move(command.records),
                                                     std::move(command.reply)});
    replies_by_age_.push_back(std::move(command.request_id));
    if (replies_by_age_.size() > limits_.retained_replies) {
      replies_.erase(replies_by_age_.front());
      replies_by_age_.pop_front();
    }
  }
  if (request.last) rooms_.erase(found);
  return absl::OkStatus();
}

absl::StatusOr<StoredRoom> MemoryLogStore::Load(const std::string& room_id) {
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return absl::NotFoundError("no such room");
  const Room& room = found->second;
  StoredRoom stored{room.head, room.state_sequence, room.state, {}};
  for (const Record& record : room.records) {
    if (record.sequence > room.state_sequence) stored.records.push_back(record);
  }
  return stored;
}

absl::StatusOr<std::vector<Record>> MemoryLogStore::ReadAfter(const std::string& room_id, Position after,
                                                              std::size_t max) {
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return absl::NotFoundError("no such room");
  const Room& room = found->second;
  const std::uint64_t trimmed = room.head.sequence - room.records.size();
  if (after.incarnation != room.head.incarnation || after.sequence < trimmed ||
      after.sequence > room.head.sequence) {
    return absl::OutOfRangeError("the position can't be served");
  }
  const auto first = room.records.begin() + static_cast<std::ptrdiff_t>(after.sequence - trimmed);
  const std::size_t count = std::min<std::size_t>(max, room.head.sequence - after.sequence);
  return std::vector<Record>(first, first + static_cast<std::ptrdiff_t>(count));
}

absl::StatusOr<std::optional<StoredReply>> MemoryLogStore::FindReply(const std::string& request_id) {
  const absl::MutexLock lock(&mutex_);
  const auto found = replies_.find(request_id);
  if (found == replies_.end()) return std::nullopt;
  return found->second;
}

void MemoryLogStore::SaveState(const std::string& room_id, Position at, std::string state) {
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return;
  Room& room = found->second;
  if (at.incarnation != room.head.incarnation || at.sequence > room.head.sequence ||
      at.sequence < room.state_sequence) {
    return;
  }
  room.state_sequence = at.sequence;
  room.state = std::move(state);
  while (room.records.size() > limits_.retained_records &&
         room.records.front().sequence <= room.state_sequence) {
    room.records.pop_front();
  }
}

absl::StatusOr<std::vector<std::string>> MemoryLogStore::ListRoomIds() {
  const absl::MutexLock lock(&mutex_);
  std::vector<std::string> ids;
  ids.reserve(rooms_.size());
  for (const auto& [id, room] : rooms_) ids.push_back(id);
  return ids;
}

}  // namespace parley::storage
