#pragma once

#include "absl/status/statusor.h"
#include "parley/common/v1/watch.pb.h"
#include "parley/room/v1/room_service.pb.h"
#include "services/room/domain/audience.h"
#include "services/room/domain/room.h"

namespace parley::room {

// Domain values as the messages that stand for them in records and on the wire, and back. What is filled has
// to be empty before.

v1::MediaState ToMessage(const MediaState& media_state);
v1::Connection ToMessage(const Connection& connection);
void Fill(const Participant& participant, v1::Participant& message);

/// Without the join deadline, which is nobody else's business.
void Fill(const Room& room, v1::Room& message);

/// The room as somebody in it may see it: without the hashes of its participants' keys and their
/// connections, which are most of a room's bytes, and for other services only.
void FillForParticipant(const Room& room, v1::Room& message);

void Fill(const Audience& audience, common::v1::Audience& message);

MediaState FromMessage(const v1::MediaState& message);
Connection FromMessage(const v1::Connection& message);

/// DATA_LOSS when the message can't be one of ours.
absl::StatusOr<Participant> FromMessage(const v1::Participant& message);
absl::StatusOr<Room> FromMessage(const v1::Room& message);

}  // namespace parley::room
