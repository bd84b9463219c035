#pragma once

#include "common/status/error.h"

namespace parley::room {

// Reasons that only this service gives; those it shares with others are in common/status/error.h.
inline constexpr ErrorReason kParticipantNotFound{absl::StatusCode::kNotFound, "PARTICIPANT_NOT_FOUND",
                                                  "Could not find participant"};
inline constexpr ErrorReason kRoomFull{absl::StatusCode::kResourceExhausted, "ROOM_FULL", "The room is full"};
inline constexpr ErrorReason kInvalidName{absl::StatusCode::kInvalidArgument, "INVALID_NAME",
                                          "The name must have 1 to 64 characters"};

}  // namespace parley::room
