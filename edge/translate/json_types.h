#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/timestamp.pb.h"
#include "parley/messaging/v1/messaging_service.pb.h"
#include "parley/room/v1/room_service.pb.h"

// How the services' types look to clients: one function for each type of the public contract, which writes it
// as JSON text.

namespace parley::edge {

/// MediaState: {cameraEnabled, microphoneEnabled}.
std::string_view ToJson(const room::v1::MediaState& media_state);

/// ParticipantInformation of somebody who is in the room.
std::string ToJson(const room::v1::Participant& participant);

/// MessageJSONSummary.
std::string ToJson(const messaging::v1::Message& message);

/// RoomSummary as the participant of `credentials` sees it.
std::string MakeRoomSummary(const room::v1::Room& room, const room::v1::Credentials& credentials,
                            const messaging::v1::ListMessagesResponse& history);

/// Milliseconds since 1970, as JavaScript's Date counts.
std::int64_t ToMilliseconds(const google::protobuf::Timestamp& time);

/// How a room message names its recipient.
inline constexpr char kEveryone[] = "everyone";

/// The recipient that `to` names.
messaging::v1::Recipient ToRecipient(const std::string& to);

}  // namespace parley::edge
