#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/storage/log_store.h"

namespace parley {

// What a store holds, decoded as a `Codec` of AggregateHost's says. What can't be understood is DATA_LOSS.

template <typename Codec>
using Records = std::vector<std::shared_ptr<const typename Codec::Record>>;

/// Some events of a room, one after another.
template <typename Codec>
struct EventPage {
  Records<Codec> records;
  /// More follow.
  bool has_more = false;
};

template <typename Codec>
struct DecodedRoom {
  /// Up to the head.
  typename Codec::State state;
  /// The events that are in the store beside a saved state, which `state` includes, and how many bytes they
  /// take there.
  Records<Codec> records;
  std::size_t record_bytes = 0;
};

template <typename Codec>
absl::StatusOr<std::shared_ptr<const typename Codec::Record>> DecodeRecord(const std::string& bytes) {
  auto record = std::make_shared<typename Codec::Record>();
  if (!record->ParseFromString(bytes)) return absl::DataLossError("a record can't be parsed");
  return record;
}

/// `keep_records`: whether the records are wanted besides the state, which may be many times as much.
template <typename Codec>
absl::StatusOr<DecodedRoom<Codec>> DecodeRoom(const storage::StoredRoom& stored, bool keep_records) {
  DecodedRoom<Codec> room;
  if (stored.state_sequence > 0) {
    absl::StatusOr<typename Codec::State> state = Codec::DecodeState(stored.state);
    if (!state.ok()) return state.status();
    room.state = *std::move(state);
  }
  for (const storage::Record& stored_record : stored.records) {
    auto record = DecodeRecord<Codec>(stored_record.bytes);
    if (!record.ok()) return record.status();
    absl::StatusOr<typename Codec::Event> event = Codec::FromRecord(**record);
    if (!event.ok()) return event.status();
    Codec::Apply(room.state, *std::move(event));
    room.record_bytes += stored_record.bytes.size();
    if (keep_records) room.records.push_back(*std::move(record));
  }
  return room;
}

template <typename Codec>
absl::StatusOr<typename Codec::Reply> DecodeReply(const storage::StoredReply& stored) {
  std::vector<typename Codec::Event> events;
  events.reserve(stored.records.size());
  for (const std::string& bytes : stored.records) {
    const auto record = DecodeRecord<Codec>(bytes);
    if (!record.ok()) return record.status();
    absl::StatusOr<typename Codec::Event> event = Codec::FromRecord(**record);
    if (!event.ok()) return event.status();
    events.push_back(*std::move(event));
  }
  return Codec::DecodeReply(stored.reply, events);
}

}  // namespace parley
