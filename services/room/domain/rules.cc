#include "services/room/domain/rules.h"

#include "common/ids/digest.h"
#include "common/ids/text.h"
#include "services/room/domain/errors.h"

namespace parley::room {

absl::StatusOr<const Participant*> Authenticate(const Room& room, const Actor& actor) {
  if (!room.exists()) return MakeError(kRoomNotFound);
  const Participant* participant = room.Find(actor.participant_id);
  if (participant == nullptr) return MakeError(kParticipantNotFound);
  if (!ConstantTimeEquals(participant->key_sha256, actor.key_sha256)) return MakeError(kKeyMismatch);
  return participant;
}

absl::Status CheckName(std::string_view name) {
  const auto characters = CountCharacters(name);
  if (!characters || *characters < 1 || *characters > kMaxNameLength) return MakeError(kInvalidName);
  return absl::OkStatus();
}

Events LeavingIf(const Room& room, Time now, absl::FunctionRef<bool(const Participant&)> leaves) {
  Events events;
  bool host_leaves = false;
  for (const Participant& participant : room.participants) {
    if (!leaves(participant)) continue;
    events.push_back({now, ParticipantLeft{participant.id}});
    host_leaves |= participant.role == Role::kHost;
  }
  if (host_leaves) events.push_back({now, RoomDestroyed{RoomDestroyed::Reason::kHostLeft}});
  return events;
}

}  // namespace parley::room
