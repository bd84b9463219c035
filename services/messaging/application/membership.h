#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/clock/clock.h"
#include "common/storage/log_store.h"
#include "services/messaging/application/room_source.h"

namespace parley::messaging {

/// Who is in one room in one of its lives, and who was. Not synchronized.
class Membership {
 public:
  enum class Presence {
    kPresent,
    /// Has left, and never comes back under this id.
    kFormer,
    /// Never heard of; perhaps there is news under way.
    kUnknown,
  };

  explicit Membership(const RoomView& room);

  const storage::Position& position() const { return position_; }
  std::size_t size() const { return members_.size(); }

  /// Null for somebody who isn't in the room.
  const Member* Find(const std::string& participant_id) const;
  Presence PresenceOf(const std::string& participant_id) const;

  /// The last name of somebody who has left; nothing when it isn't remembered.
  std::optional<std::string> FormerName(const std::string& participant_id) const;

  /// Takes over a view of the same life when it is newer; `now` is when those who are missing are said to
  /// have left.
  void Merge(const RoomView& room, Time now);

  /// Folds in the next change; one that is known already is passed over.
  void Apply(const RoomChange& change, Time now);

  /// Those who left some time ago, when there are so many that it is time again to look who of them can be
  /// forgotten.
  std::vector<std::string> FormersToReview(Time now);
  /// Forgets some of them, for good.
  void Forget(const std::vector<std::string>& participant_ids);

 private:
  struct Former {
    std::string name;
    Time left_at;
  };

  void Leave(const std::string& participant_id, Time now);

  static constexpr std::size_t kLeastFormersToReview = 64;
  /// Somebody who has just left may be named by a message that isn't stored yet.
  static constexpr Duration kFormerGrace{60'000};

  storage::Position position_;
  absl::flat_hash_map<std::string, Member> members_;
  absl::flat_hash_map<std::string, Former> formers_;
  // When both are reached, formers are reviewed.
  std::size_t next_review_size_ = kLeastFormersToReview;
  Time next_review_;
};

}  // namespace parley::messaging
