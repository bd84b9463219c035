#pragma once

#include <optional>
#include <string>
#include <vector>

#include "parley/common/v1/watch.pb.h"
#include "parley/messaging/v1/messaging_service.pb.h"
#include "services/messaging/domain/message.h"

namespace parley::messaging {

/// Fills a message that is empty.
void Fill(const Message& message, v1::Message& proto);

/// A reaction of a type that isn't known here is left out.
Message FromProto(const v1::Message& proto);

using ParticipantNames = google::protobuf::RepeatedPtrField<v1::ParticipantName>;
void Fill(const std::vector<ParticipantName>& names, ParticipantNames& protos);
std::vector<ParticipantName> FromProto(const ParticipantNames& protos);

void Fill(const Audience& audience, parley::common::v1::Audience& proto);

}  // namespace parley::messaging
