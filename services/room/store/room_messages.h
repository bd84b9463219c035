#pragma once

#include "absl/status/statusor.h"
#include "parley/common/v1/watch.pb.h"
#include "parley/room/v1/room_service.pb.h"
#include "services/room/domain/audience.h"
#include "services/room/domain/room.h"

namespace parley::room {

// Domain values as the messages that stand for them in records and on the wire, and back.

v1::MediaState ToMessage(const MediaState& media_state);
v1::Connection ToMessage(const Connection& connection);
v1::Participant ToMessage(const Participant& participant);

/// Without the join deadline, which is nobody else's business.
v1::Room ToMessage(const Room& room);

/// The room as somebody in it may see it: without the hashes of its participants' keys and their
/// connections, which are most of a room's bytes, and for other services only.
v1::Room ToMessageForParticipant(const Room& room);

common::v1::Audience ToMessage(const Audience& audience);

MediaState FromMessage(const v1::MediaState& message);
Connection FromMessage(const v1::Connection& message);

/// DATA_LOSS when the message can't be one of ours.
absl::StatusOr<Participant> FromMessage(const v1::Participant& message);
absl::StatusOr<Room> FromMessage(const v1::Room& message);

}  // namespace parley::room
