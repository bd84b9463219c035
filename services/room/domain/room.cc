#include "services/room/domain/room.h"

#include <algorithm>
#include <utility>

namespace parley::room {

const Participant* Room::Find(std::string_view participant_id) const {
  const auto found =
      std::find_if(participants.begin(), participants.end(),
                   [&](const Participant& participant) { return participant.id == participant_id; });
  return found == participants.end() ? nullptr : &*found;
}

std::optional<Time> Room::NextDeadline() const {
  std::optional<Time> next = join_deadline;
  for (const Participant& participant : participants) {
    if (participant.return_deadline && (!next || *participant.return_deadline < *next)) {
      next = participant.return_deadline;
    }
  }
  return next;
}

Participant* Room::Find(std::string_view participant_id) {
  return const_cast<Participant*>(std::as_const(*this).Find(participant_id));
}

}  // namespace parley::room
