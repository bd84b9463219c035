// How participants show themselves to the others.

#include "services/room/domain/commands.h"
#include "services/room/domain/rules.h"

namespace parley::room {

absl::StatusOr<Events> Decide(const Room& room, const UpdateName& command, Time now) {
  const absl::StatusOr<const Participant*> participant = Authenticate(room, command.actor);
  if (!participant.ok()) return participant.status();
  if (absl::Status status = CheckName(command.name); !status.ok()) return status;
  if (command.name == (*participant)->name) return Events{};
  return Events{{now, NameUpdated{(*participant)->id, command.name}}};
}

absl::StatusOr<Events> Decide(const Room& room, const UpdateMediaState& command, Time now) {
  const absl::StatusOr<const Participant*> participant = Authenticate(room, command.actor);
  if (!participant.ok()) return participant.status();
  const MediaState before = (*participant)->media_state;
  const MediaState after{command.camera_enabled.value_or(before.camera_enabled),
                         command.microphone_enabled.value_or(before.microphone_enabled)};
  if (after == before) return Events{};
  return Events{{now, MediaStateUpdated{(*participant)->id, after}}};
}

}  // namespace parley::room
