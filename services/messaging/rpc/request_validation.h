#pragma once

#include <string>

#include "absl/status/status.h"
#include "parley/messaging/v1/messaging_service.pb.h"

namespace parley::messaging {

/// Each is OK, or INVALID_REQUEST with a text that names the first field that is missing or impossible. What
/// can only be judged with a room at hand, and contents, are not looked at.
absl::Status Validate(const v1::SendMessageRequest& request);
absl::Status Validate(const v1::EditMessageRequest& request);
absl::Status Validate(const v1::DeleteMessageRequest& request);
absl::Status Validate(const v1::ListMessagesRequest& request);
absl::Status Validate(const v1::AwaitMembershipRequest& request);
absl::Status Validate(const v1::ListMessageEventsRequest& request);

}  // namespace parley::messaging
