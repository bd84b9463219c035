#pragma once

#include <string>
#include <variant>
#include <vector>

#include "services/room/domain/events.h"

namespace parley::room {

/// Everybody in the room at the time of the event.
struct Everyone {
  friend bool operator==(const Everyone&, const Everyone&) = default;
};

/// Everybody but one, who acted and has been answered already.
struct EveryoneExcept {
  std::string participant_id;

  friend bool operator==(const EveryoneExcept&, const EveryoneExcept&) = default;
};

/// These and nobody else.
struct Participants {
  std::vector<std::string> participant_ids;

  friend bool operator==(const Participants&, const Participants&) = default;
};

using Audience = std::variant<Everyone, EveryoneExcept, Participants>;

/// For whom an event is meant.
Audience AudienceOf(const Event& event);

}  // namespace parley::room
