#pragma once

#include "common/clock/clock.h"
#include "common/storage/log_store.h"
#include "google/protobuf/timestamp.pb.h"
#include "parley/common/v1/watch.pb.h"

namespace parley::rpc {

inline parley::common::v1::Position ToProto(const storage::Position& position) {
  parley::common::v1::Position proto;
  proto.set_incarnation(position.incarnation);
  proto.set_sequence(position.sequence);
  return proto;
}

inline storage::Position FromProto(const parley::common::v1::Position& proto) {
  return {proto.incarnation(), proto.sequence()};
}

/// Milliseconds are all that a Time has, and all that comes back.
inline google::protobuf::Timestamp ToProto(Time time) {
  const auto milliseconds = time.time_since_epoch().count();
  google::protobuf::Timestamp proto;
  proto.set_seconds(milliseconds / 1000);
  proto.set_nanos(static_cast<int>(milliseconds % 1000) * 1'000'000);
  return proto;
}

inline Time FromProto(const google::protobuf::Timestamp& proto) {
  return Time(Duration(proto.seconds() * 1000 + proto.nanos() / 1'000'000));
}

}  // namespace parley::rpc
