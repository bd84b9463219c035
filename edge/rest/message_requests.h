#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "edge/rest/routed_request.h"
#include "parley/messaging/v1/messaging_service.pb.h"

// What the message routes ask of messaging-service, read from a POST whose path's parameter is a room's hash.
// What can't be read is refused with NOT_JSON or INVALID_REQUEST; lengths and meanings are the service's
// business. A request with an `Idempotency-Key` gets a request id, so that its repetitions are one.

namespace parley::edge {

absl::StatusOr<messaging::v1::SendMessageRequest> ParseSendMessage(const RoutedRequest& request,
                                                                   std::size_t max_json_depth);

absl::StatusOr<messaging::v1::EditMessageRequest> ParseEditMessage(const RoutedRequest& request,
                                                                   std::size_t max_json_depth);

absl::StatusOr<messaging::v1::DeleteMessageRequest> ParseDeleteMessage(const RoutedRequest& request,
                                                                       std::size_t max_json_depth);

}  // namespace parley::edge
