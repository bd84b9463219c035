#pragma once

#include <optional>
#include <string>

#include "parley/common/v1/watch.pb.h"
#include "parley/messaging/v1/messaging_service.pb.h"
#include "services/messaging/domain/message.h"

namespace parley::messaging {

v1::Message ToProto(const Message& message);

/// A reaction of a type that isn't known here is left out.
Message FromProto(const v1::Message& proto);

/// Nothing: everyone.
v1::Recipient ToProto(const std::optional<std::string>& to);

parley::common::v1::Audience ToProto(const Audience& audience);

}  // namespace parley::messaging
