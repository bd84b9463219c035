#pragma once

#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/room/domain/commands.h"
#include "services/room/domain/events.h"
#include "services/room/domain/room.h"

namespace parley::room {

// Rules that several commands share.

/// The participant that `actor` proves to be; ROOM_NOT_FOUND, PARTICIPANT_NOT_FOUND or KEY_MISMATCH
/// otherwise. What only some roles may do is checked on what it returns.
absl::StatusOr<const Participant*> Authenticate(const Room& room, const Actor& actor);

/// INVALID_NAME unless `name` has 1 to kMaxNameLength characters of valid UTF-8.
absl::Status CheckName(std::string_view name);

/// What follows when all leave of whom `leaves` is true: with the host, the room ends.
Events LeavingIf(const Room& room, Time now, absl::FunctionRef<bool(const Participant&)> leaves);

}  // namespace parley::room
