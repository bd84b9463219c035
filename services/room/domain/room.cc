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

Participant* Room::Find(std::string_view participant_id) {
  return const_cast<Participant*>(std::as_const(*this).Find(participant_id));
}

}  // namespace parley::room
