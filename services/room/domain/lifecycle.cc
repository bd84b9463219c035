// How a room comes to be and ends by itself.

#include "services/room/domain/commands.h"
#include "services/room/domain/errors.h"
#include "services/room/domain/rules.h"

namespace parley::room {

absl::StatusOr<Events> Decide(const Room& room, const CreateRoom& command, Time now) {
  if (room.exists()) return absl::AlreadyExistsError("the room id is taken");
  const std::string name = command.name.value_or(kDefaultRoomName);
  if (absl::Status status = CheckName(name); !status.ok()) return status;
  return Events{{now, RoomCreated{command.room_id, name, command.join_deadline}}};
}

absl::StatusOr<Events> Decide(const Room& room, const ExpireDeadlines&, Time now) {
  if (!room.exists()) return MakeError(kRoomNotFound);
  if (room.join_deadline && *room.join_deadline <= now) {
    return Events{{now, RoomDestroyed{RoomDestroyed::Reason::kNobodyJoined}}};
  }
  return LeavingIf(room, now, [now](const Participant& participant) {
    return participant.return_deadline && *participant.return_deadline <= now;
  });
}

}  // namespace parley::room
