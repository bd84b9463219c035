#include "common/storage/sqlite/log_index.h"

#include <algorithm>

namespace parley::storage::sqlite {

absl::Status LogIndex::Check(const AppendRequest& request) const {
  for (const AppendRequest::Command& command : request.commands) {
    if (replies_.contains(command.request_id))
      return absl::AlreadyExistsError("a request id is kept already");
  }
  const auto found = rooms_.find(request.room_id);
  const bool there = found != rooms_.end();
  const bool fits = request.head.sequence == 0 ? !there : there && found->second.head == request.head;
  return fits ? absl::OkStatus() : absl::AbortedError("the room's head is another one");
}

void LogIndex::Add(const LogRow& row) {
  const bool has_events = row.events > 0 && !row.last;
  const bool has_reply = !row.request_id.empty() || row.last;
  if (has_reply) replies_by_age_.push_back({row.id, AddReply(row), row.time});
  if (has_events && has_reply) needed_twice_.insert(row.id);
  if (!has_events && !has_reply) garbage_.push_back(row.id);

  if (row.last) {
    const auto found = rooms_.find(row.room_id);
    if (found == rooms_.end()) return;
    DropEvents(found->second, row.head.sequence + 1);
    rooms_.erase(found);
    return;
  }
  RoomRows& room = rooms_[row.room_id];
  const std::uint64_t first = row.head.sequence - row.events + 1;
  // Read from a file, there may be rows of which only the replies were still needed.
  if (room.head.incarnation != row.head.incarnation || room.head.sequence + 1 != first) {
    DropEvents(room, room.head.sequence + 1);
  }
  room.head = row.head;
  if (row.events > 0) room.rows.push_back({row.id, first});
  while (replies_by_age_.size() > limits_.retained_replies) DropOldestReply();
}

const LogIndex::Replies::value_type* LogIndex::AddReply(const LogRow& row) {
  if (row.request_id.empty()) return nullptr;
  return &*replies_.insert_or_assign(row.request_id, row.id).first;
}

bool LogIndex::CanSaveState(const std::string& room_id, Position at) const {
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return false;
  const RoomRows& room = found->second;
  return at.incarnation == room.head.incarnation && at.sequence <= room.head.sequence &&
         at.sequence >= room.state_sequence;
}

bool LogIndex::SaveState(const std::string& room_id, Position at) {
  if (!CanSaveState(room_id, at)) return false;
  RoomRows& room = rooms_.at(room_id);
  room.state_sequence = at.sequence;
  const std::uint64_t behind_head =
      room.head.sequence > limits_.retained_events ? room.head.sequence - limits_.retained_events : 0;
  DropEvents(room, std::min(at.sequence, behind_head) + 1);
  return true;
}

bool LogIndex::AddState(const std::string& room_id, Position at) {
  RoomRows& room = rooms_[room_id];
  if (room.head.sequence < at.sequence) room.head = at;
  room.state_sequence = at.sequence;
  const bool follows =
      room.rows.empty() ? room.head == at : room.rows.front().first_sequence <= at.sequence + 1;
  return room.head.incarnation == at.incarnation && follows;
}

std::optional<std::string> LogIndex::FindTornRoom() const {
  for (const auto& [id, room] : rooms_) {
    const bool begins = !room.rows.empty() && room.rows.front().first_sequence == 1;
    if (room.state_sequence == 0 && !begins) return id;
  }
  return std::nullopt;
}

void LogIndex::DropEvents(RoomRows& room, std::uint64_t first_kept) {
  while (!room.rows.empty()) {
    const std::uint64_t next = room.rows.size() > 1 ? room.rows[1].first_sequence : room.head.sequence + 1;
    if (next > first_kept) return;
    Release(room.rows.front().id);
    room.rows.pop_front();
  }
}

void LogIndex::Expire(Time now) {
  while (!replies_by_age_.empty() && replies_by_age_.front().time + limits_.reply_retention <= now) {
    DropOldestReply();
  }
}

void LogIndex::DropOldestReply() {
  const ReplyRow& oldest = replies_by_age_.front();
  // A file may hold a later row of the same request, because the earlier one's reply had expired.
  if (oldest.reply != nullptr && oldest.reply->second == oldest.id) {
    replies_.erase(replies_.find(oldest.reply->first));
  }
  Release(oldest.id);
  replies_by_age_.pop_front();
}

void LogIndex::Release(RowId id) {
  if (needed_twice_.erase(id) == 0) garbage_.push_back(id);
}

std::optional<LogIndex::Room> LogIndex::FindRoom(const std::string& room_id) const {
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> LogIndex::RoomIds() const {
  std::vector<std::string> ids;
  ids.reserve(rooms_.size());
  for (const auto& [id, room] : rooms_) ids.push_back(id);
  return ids;
}

std::optional<std::vector<RowId>> LogIndex::RowsAfter(const std::string& room_id, std::uint64_t sequence,
                                                      std::size_t max_events) const {
  const RoomRows& room = rooms_.at(room_id);
  const std::uint64_t first = room.rows.empty() ? room.head.sequence + 1 : room.rows.front().first_sequence;
  if (sequence + 1 < first || sequence > room.head.sequence) return std::nullopt;
  // The last row that begins at or before the event that is wanted first.
  auto row =
      std::upper_bound(room.rows.begin(), room.rows.end(), sequence + 1,
                       [](std::uint64_t wanted, const EventRow& r) { return wanted < r.first_sequence; });
  if (row != room.rows.begin()) --row;
  std::vector<RowId> ids;
  if (sequence == room.head.sequence) return ids;
  // Each has at least one.
  for (; row != room.rows.end() && ids.size() < max_events; ++row) ids.push_back(row->id);
  return ids;
}

std::optional<RowId> LogIndex::FindReply(const std::string& request_id) const {
  const auto found = replies_.find(request_id);
  if (found == replies_.end()) return std::nullopt;
  return found->second;
}

std::vector<RowId> LogIndex::TakeGarbage(std::size_t max) {
  const auto end = garbage_.begin() + static_cast<std::ptrdiff_t>(std::min(max, garbage_.size()));
  std::vector<RowId> rows(garbage_.begin(), end);
  garbage_.erase(garbage_.begin(), end);
  return rows;
}

void LogIndex::ReturnGarbage(const std::vector<RowId>& rows) {
  garbage_.insert(garbage_.begin(), rows.begin(), rows.end());
}

}  // namespace parley::storage::sqlite
