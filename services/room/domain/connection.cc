// Whose connection holds, and who is given up.

#include "services/room/domain/commands.h"
#include "services/room/domain/errors.h"
#include "services/room/domain/rules.h"

namespace parley::room {
absl::StatusOr<Events> Decide(const Room& room, const DisconnectParticipant& command, Time now) {
  const absl::StatusOr<const Participant*> participant = Authenticate(room, command.actor);
  if (!participant.ok()) return participant.status();
  const bool current = (*participant)->connection.id == command.connection_id;
  if (!current || (*participant)->return_deadline) return Events{};
  if (command.return_deadline <= now) {
    return LeavingIf(room, now, [&](const Participant& other) { return &other == *participant; });
  }
  return Events{{now, ParticipantDisconnected{(*participant)->id, command.return_deadline}}};
}

absl::StatusOr<Events> Decide(const Room& room, const ReconnectParticipant& command, Time now) {
  const absl::StatusOr<const Participant*> participant = Authenticate(room, command.actor);
  if (!participant.ok()) return participant.status();
  const bool was_away = (*participant)->return_deadline.has_value();
  if (!was_away && (*participant)->connection == command.connection) return Events{};
  return Events{{now, ParticipantReconnected{(*participant)->id, command.connection, was_away}}};
}

absl::StatusOr<Events> Decide(const Room& room, const ExpireEdge& command, Time now) {
  if (!room.exists()) return MakeError(kRoomNotFound);
  return LeavingIf(room, now, [&](const Participant& participant) {
    return participant.connection.edge_id == command.edge_id && !participant.return_deadline;
  });
}

}  // namespace parley::room
