#pragma once

#include "common/status/error.h"

namespace parley::messaging {

// Why messaging-service refuses, beside what every service may say. The texts are part of the public
// contract, spelling included.
inline constexpr ErrorReason kRoomNotFound{absl::StatusCode::kNotFound, "ROOM_NOT_FOUND",
                                           "Could not find room"};
inline constexpr ErrorReason kSenderNotFound{absl::StatusCode::kNotFound, "SENDER_NOT_FOUND",
                                             "Could not find from participant"};
inline constexpr ErrorReason kRecipientNotFound{absl::StatusCode::kNotFound, "RECIPIENT_NOT_FOUND",
                                                "Could not find to participant"};
inline constexpr ErrorReason kMessageNotFound{absl::StatusCode::kNotFound, "MESSAGE_NOT_FOUND",
                                              "Could not find message"};
inline constexpr ErrorReason kNotAuthor{absl::StatusCode::kPermissionDenied, "NOT_AUTHOR",
                                        "You are not authorized to preform this action"};
inline constexpr ErrorReason kTooManyMessages{absl::StatusCode::kResourceExhausted, "TOO_MANY_MESSAGES",
                                              "Please wait before sending messages"};
inline constexpr ErrorReason kHistoryFull{absl::StatusCode::kFailedPrecondition, "HISTORY_FULL",
                                          "The room holds as many messages as it may"};
inline constexpr ErrorReason kInvalidContent{absl::StatusCode::kInvalidArgument, "INVALID_CONTENT",
                                             "content: must be 1 to 4,000 characters of valid UTF-8"};

/// Metadata of kTooManyMessages: milliseconds after which one message will be taken.
inline constexpr char kRetryAfterMs[] = "retry_after_ms";

}  // namespace parley::messaging
