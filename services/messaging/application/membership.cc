#include "services/messaging/application/membership.h"

#include <algorithm>
#include <utility>

namespace parley::messaging {

Membership::Membership(const RoomView& room) : position_(room.position) {
  for (const Member& member : room.members) members_.emplace(member.id, member);
}

const Member* Membership::Find(const std::string& participant_id) const {
  const auto found = members_.find(participant_id);
  return found == members_.end() ? nullptr : &found->second;
}

Membership::Presence Membership::PresenceOf(const std::string& participant_id) const {
  if (members_.contains(participant_id)) return Presence::kPresent;
  return formers_.contains(participant_id) ? Presence::kFormer : Presence::kUnknown;
}

std::optional<std::string> Membership::FormerName(const std::string& participant_id) const {
  const auto found = formers_.find(participant_id);
  return found == formers_.end() ? std::nullopt : std::optional(found->second.name);
}

void Membership::Merge(const RoomView& room, Time now) {
  if (room.position.incarnation != position_.incarnation || room.position.sequence <= position_.sequence)
    return;
  position_ = room.position;
  absl::flat_hash_map<std::string, Member> before = std::exchange(members_, {});
  for (const Member& member : room.members) {
    members_.emplace(member.id, member);
    before.erase(member.id);
  }
  for (auto& [id, member] : before) formers_[id] = {std::move(member.name), now};
}

void Membership::Apply(const RoomChange& change, Time now) {
  if (change.position.incarnation != position_.incarnation ||
      change.position.sequence <= position_.sequence) {
    return;
  }
  position_ = change.position;
  if (const auto* joined = std::get_if<MemberJoined>(&change.what)) {
    members_.insert_or_assign(joined->member.id, joined->member);
    formers_.erase(joined->member.id);
  } else if (const auto* left = std::get_if<MemberLeft>(&change.what)) {
    Leave(left->participant_id, now);
  } else if (const auto* renamed = std::get_if<MemberRenamed>(&change.what)) {
    const auto found = members_.find(renamed->participant_id);
    if (found != members_.end()) found->second.name = renamed->name;
  }
}

void Membership::Leave(const std::string& participant_id, Time now) {
  const auto found = members_.find(participant_id);
  if (found == members_.end()) return;
  formers_[participant_id] = {std::move(found->second.name), now};
  members_.erase(found);
}

std::vector<std::string> Membership::FormersToReview(Time now) {
  std::vector<std::string> ids;
  if (formers_.size() < next_review_size_ || now < next_review_) return ids;
  next_review_ = now + kFormerGrace;
  for (const auto& [id, former] : formers_) {
    if (former.left_at < now - kFormerGrace) ids.push_back(id);
  }
  return ids;
}

void Membership::Forget(const std::vector<std::string>& participant_ids) {
  for (const std::string& id : participant_ids) formers_.erase(id);
  next_review_size_ = std::max(kLeastFormersToReview, 2 * formers_.size());
}

}  // namespace parley::messaging
