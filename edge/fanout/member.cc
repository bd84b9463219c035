#include "edge/fanout/member.h"

#include <algorithm>
#include <utility>

namespace parley::edge {

void Member::Activate(std::string participant_id, std::uint64_t room_sequence,
                      std::uint64_t message_sequence) {
  if (state_ != State::kHoldingBack) return;
  participant_id_ = std::move(participant_id);
  sequences_[static_cast<int>(Source::kRoom)] = room_sequence;
  sequences_[static_cast<int>(Source::kMessages)] = message_sequence;
  state_ = State::kActive;
  for (const SharedBroadcast& broadcast : std::exchange(held_back_, {})) {
    if (state_ == State::kActive) PassOn(*broadcast);
  }
}

void Member::Receive(const SharedBroadcast& broadcast) {
  if (state_ == State::kActive) {
    PassOn(*broadcast);
  } else if (state_ == State::kHoldingBack) {
    held_back_.push_back(broadcast);
  }
}

void Member::Leave() {
  state_ = State::kLeft;
  held_back_.clear();
}

void Member::PassOn(const Broadcast& broadcast) {
  std::uint64_t& sequence = sequences_[static_cast<int>(broadcast.source)];
  if (broadcast.kind == Broadcast::Kind::kRepositioned) {
    sequence = broadcast.sequence;
    return;
  }
  if (broadcast.kind == Broadcast::Kind::kMissed) {
    listener_.OnEventsMissed();
    return;
  }
  if (broadcast.sequence <= sequence) return;
  sequence = broadcast.sequence;
  if (IsInAudience(broadcast.audience)) {
    for (const socketio::SharedEvent& event : broadcast.events) emit_(event);
  }
  if (broadcast.kind == Broadcast::Kind::kDestroyed) listener_.OnRoomDestroyed();
}

bool Member::IsInAudience(const common::v1::Audience& audience) const {
  using Audience = common::v1::Audience;
  switch (audience.audience_case()) {
    case Audience::kEveryone:
      return true;
    case Audience::kEveryoneExcept:
      return audience.everyone_except().participant_id() != participant_id_;
    case Audience::kParticipants: {
      const auto& ids = audience.participants().participant_ids();
      return std::find(ids.begin(), ids.end(), participant_id_) != ids.end();
    }
    case Audience::AUDIENCE_NOT_SET:
      return false;
  }
  return false;
}

}  // namespace parley::edge
