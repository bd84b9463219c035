#pragma once

#include "common/aggregate/end_reason.h"
#include "parley/common/v1/watch.pb.h"

namespace parley::rpc {

inline parley::common::v1::SubscriptionEnded::Reason ToProto(EndReason reason) {
  using parley::common::v1::SubscriptionEnded;
  switch (reason) {
    case EndReason::kNotFound:
      return SubscriptionEnded::REASON_ROOM_NOT_FOUND;
    case EndReason::kDestroyed:
      return SubscriptionEnded::REASON_ROOM_DESTROYED;
    case EndReason::kUnavailable:
      break;
  }
  return SubscriptionEnded::REASON_UNAVAILABLE;
}

}  // namespace parley::rpc
