#pragma once

#include <string>
#include <variant>
#include <vector>

#include "common/clock/clock.h"
#include "services/room/domain/room.h"

namespace parley::room {

/// The room came to be; always the first event.
struct RoomCreated {
  std::string room_id;
  std::string name;
  Time join_deadline;

  friend bool operator==(const RoomCreated&, const RoomCreated&) = default;
};

struct ParticipantJoined {
  /// As it is on joining.
  Participant participant;

  friend bool operator==(const ParticipantJoined&, const ParticipantJoined&) = default;
};

struct ParticipantLeft {
  std::string participant_id;

  friend bool operator==(const ParticipantLeft&, const ParticipantLeft&) = default;
};

/// Its connection broke, and it has some time to come back.
struct ParticipantDisconnected {
  std::string participant_id;
  Time return_deadline;

  friend bool operator==(const ParticipantDisconnected&, const ParticipantDisconnected&) = default;
};

struct ParticipantReconnected {
  std::string participant_id;
  Connection connection;
  /// It had been disconnected; otherwise it only has another connection than before.
  bool was_away = false;

  friend bool operator==(const ParticipantReconnected&, const ParticipantReconnected&) = default;
};

struct NameUpdated {
  std::string participant_id;
  std::string name;

  friend bool operator==(const NameUpdated&, const NameUpdated&) = default;
};

struct MediaStateUpdated {
  std::string participant_id;
  /// The whole new state.
  MediaState media_state;

  friend bool operator==(const MediaStateUpdated&, const MediaStateUpdated&) = default;
};

/// The room is no more; always the last event.
struct RoomDestroyed {
  enum class Reason { kHostLeft, kNobodyJoined };
  Reason reason = Reason::kHostLeft;

  friend bool operator==(const RoomDestroyed&, const RoomDestroyed&) = default;
};

/// Something that happened in a room.
struct Event {
  Time at;
  std::variant<RoomCreated, ParticipantJoined, ParticipantLeft, ParticipantDisconnected,
               ParticipantReconnected, NameUpdated, MediaStateUpdated, RoomDestroyed>
      what;

  friend bool operator==(const Event&, const Event&) = default;
};

/// What one command came to, in order; they are kept all or none.
using Events = std::vector<Event>;

/// Folds an event into the room. Never fails: what is not possible was refused when it was decided.
void Apply(Room& room, const Event& event);

}  // namespace parley::room
