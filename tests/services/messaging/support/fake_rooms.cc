#include "tests/services/messaging/support/fake_rooms.h"

#include <algorithm>
#include <utility>

#include "common/ids/digest.h"
#include "services/messaging/domain/errors.h"

namespace parley::messaging {

std::string KeyOf(const std::string& participant_id) { return "key of " + participant_id; }

storage::Position FakeRooms::Create(const std::string& room_id, std::uint64_t incarnation) {
  rooms_[room_id] = {room_id, {incarnation, 1}, {}};
  return rooms_[room_id].position;
}

storage::Position FakeRooms::Join(const std::string& room_id, const std::string& participant_id) {
  const Member member{participant_id, "name of " + participant_id, Sha256(KeyOf(participant_id))};
  rooms_.at(room_id).members.push_back(member);
  return Happen(room_id, MemberJoined{member});
}

storage::Position FakeRooms::Rename(const std::string& room_id, const std::string& participant_id,
                                    const std::string& name) {
  for (Member& member : rooms_.at(room_id).members) {
    if (member.id == participant_id) member.name = name;
  }
  return Happen(room_id, MemberRenamed{participant_id, name});
}

storage::Position FakeRooms::Leave(const std::string& room_id, const std::string& participant_id) {
  std::erase_if(rooms_.at(room_id).members,
                [&](const Member& member) { return member.id == participant_id; });
  return Happen(room_id, MemberLeft{participant_id});
}

void FakeRooms::Destroy(const std::string& room_id) {
  Happen(room_id, RoomDestroyed{});
  rooms_.erase(room_id);
  if (followed_.erase(room_id) > 0) {
    news_.push_back([this, room_id] { observer_->OnEnded(room_id); });
  }
}

storage::Position FakeRooms::Happen(
    const std::string& room_id,
    std::variant<MemberJoined, MemberLeft, MemberRenamed, RoomDestroyed, OtherChange> what) {
  storage::Position& position = rooms_.at(room_id).position;
  ++position.sequence;
  if (followed_.contains(room_id)) {
    news_.push_back([this, room_id, change = RoomChange{position, std::move(what)}] {
      observer_->OnChange(room_id, change);
    });
  }
  return position;
}

void FakeRooms::Deliver() {
  while (!news_.empty()) {
    const std::function<void()> tell = std::move(news_.front());
    news_.pop_front();
    tell();
  }
}

void FakeRooms::Reconnect() {
  away_ = false;
  news_.clear();
  const std::set<std::string> followed = followed_;
  for (const std::string& room_id : followed) TellState(room_id);
}

void FakeRooms::TellState(const std::string& room_id) {
  const auto room = rooms_.find(room_id);
  if (room != rooms_.end()) {
    news_.push_back([this, view = room->second] { observer_->OnSnapshot(view); });
  } else {
    followed_.erase(room_id);
    news_.push_back([this, room_id] { observer_->OnEnded(room_id); });
  }
}

void FakeRooms::Follow(const std::string& room_id) {
  if (followed_.insert(room_id).second && !away_) TellState(room_id);
}

void FakeRooms::Get(const RoomReference& room, Duration, std::function<void(absl::StatusOr<RoomView>)> done) {
  ++gets_;
  if (away_) return done(MakeError(kServiceUnavailable));
  if (hold_gets_) {
    questions_.push_back({room, Find(room), std::move(done)});
    return;
  }
  done(Find(room));
}

std::size_t FakeRooms::AnswerGets(AsOf as_of) {
  const std::vector<Question> questions = std::exchange(questions_, {});
  for (const Question& question : questions) {
    question.done(as_of == AsOf::kNow ? Find(question.room) : question.when_asked);
  }
  return questions.size();
}

absl::StatusOr<RoomView> FakeRooms::Find(const RoomReference& room) const {
  for (const auto& [room_id, view] : rooms_) {
    if (room_id == room.id || Md5Hex(room_id) == room.id_hash) return view;
  }
  return MakeError(kRoomNotFound);
}

}  // namespace parley::messaging
