// Who is in a room, and who runs it.

#include <utility>

#include "services/room/domain/commands.h"
#include "services/room/domain/errors.h"
#include "services/room/domain/rules.h"

namespace parley::room {

absl::StatusOr<Events> Decide(const Room& room, const JoinRoom& command, Time now) {
  if (!room.exists()) return MakeError(kRoomNotFound);
  if (room.Find(command.participant_id) != nullptr) {
    return MakeError(kInvalidRequest, "credentials.participant_id: it is somebody else's");
  }
  Participant participant;
  participant.id = command.participant_id;
  participant.name = command.name.value_or(command.participant_id);
  participant.role = room.participants.empty() ? Role::kHost : Role::kParticipant;
  participant.key_sha256 = command.key_sha256;
  participant.join_time = now;
  participant.connection = command.connection;
  if (absl::Status status = CheckName(participant.name); !status.ok()) return status;
  if (command.max_participants > 0 && room.participants.size() >= command.max_participants) {
    return MakeError(kRoomFull);
  }
  return Events{{now, ParticipantJoined{std::move(participant)}}};
}

absl::StatusOr<Events> Decide(const Room& room, const LeaveRoom& command, Time now) {
  const absl::StatusOr<const Participant*> participant = Authenticate(room, command.actor);
  if (!participant.ok()) return participant.status();
  return LeavingIf(room, now, [&](const Participant& other) { return &other == *participant; });
}

}  // namespace parley::room
