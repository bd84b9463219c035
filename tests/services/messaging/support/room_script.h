#pragma once

#include <optional>
#include <string>

#include "services/messaging/domain/commands.h"

namespace parley::messaging {

/// The moment `ms` milliseconds after a fixed one, at which the tests begin.
inline Time At(long ms) { return Time(Duration(1'700'000'000'000 + ms)); }

/// A room of the domain, in which everybody is present, has the right key and may send as fast as it likes
/// unless a test says otherwise.
class RoomScript {
 public:
  RoomMessages& state() { return state_; }
  const RoomMessages& state() const { return state_; }

  /// Each decides and, when that makes an event, applies it.
  absl::StatusOr<Event> Send(const std::string& id, const std::string& from, std::optional<std::string> to,
                             const std::string& content = "hello", Time at = At(0)) {
    return Apply(SendMessage(state_, {id, from, std::move(to), content}, Actor::kPresent, true, {0, 1}, at));
  }
  absl::StatusOr<Event> Edit(const std::string& id, const std::string& from, const std::string& content,
                             Time at = At(0)) {
    return Apply(EditMessage(state_, {from, id, content}, Actor::kPresent, {0, 1}, at));
  }
  absl::StatusOr<Event> Delete(const std::string& id, const std::string& from, Time at = At(0)) {
    return Apply(DeleteMessage(state_, {from, id}, Actor::kPresent, at));
  }

  /// Ids of what somebody may see, oldest first.
  std::vector<std::string> VisibleTo(const std::string& participant_id, std::size_t page_size = 1000) const {
    std::vector<std::string> ids;
    for (const Message& message : state_.ListMessages(participant_id, page_size).messages) {
      ids.push_back(message.id);
    }
    return ids;
  }

 private:
  absl::StatusOr<Event> Apply(absl::StatusOr<Event> event) {
    if (event.ok()) state_.Apply(*event);
    return event;
  }

  RoomMessages state_;
};

}  // namespace parley::messaging
