#include "edge/fanout/member.h"

#include <algorithm>
#include <utility>

namespace parley::edge {

void Member::Begin(std::string participant_id, storage::Position room, storage::Position messages) {
  participant_id_ = std::move(participant_id);
  positions_[static_cast<int>(Source::kRoom)] = room;
  positions_[static_cast<int>(Source::kMessages)] = messages;
}

void Member::Replay(const Broadcast& broadcast) {
  if (state_ == State::kHoldingBack) Tell(broadcast);
}

void Member::Activate() {
  if (state_ != State::kHoldingBack) return;
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
  if (broadcast.kind == Broadcast::Kind::kRepositioned) {
    storage::Position& position = positions_[static_cast<int>(broadcast.source)];
    // What was read after the service had lost its memory is of the new count already.
    if (position.incarnation != broadcast.position.incarnation) position = broadcast.position;
    return;
  }
  if (broadcast.kind == Broadcast::Kind::kMissed) {
    listener_.OnEventsMissed();
    return;
  }
  if (!Tell(broadcast)) return;
  if (broadcast.kind == Broadcast::Kind::kDestroyed) return listener_.OnRoomDestroyed();
  if (broadcast.participant_id.empty() || broadcast.participant_id != participant_id_) return;
  if (broadcast.connection_id.empty()) {
    listener_.OnGivenUp();
  } else {
    listener_.OnReconnected(broadcast.connection_id);
  }
}

bool Member::Tell(const Broadcast& broadcast) {
  if (broadcast.position.incarnation != 0) {
    storage::Position& position = positions_[static_cast<int>(broadcast.source)];
    const bool follows = broadcast.position.incarnation == position.incarnation &&
                         broadcast.position.sequence > position.sequence;
    if (!follows) return false;
    position = broadcast.position;
  }
  if (IsInAudience(broadcast.audience)) {
    for (const socketio::SharedEvent& event : broadcast.events) listener_.OnNews(event);
  }
  return true;
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
