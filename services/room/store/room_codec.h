#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "common/aggregate/aggregate_host.h"
#include "parley/room/v1/room_service.pb.h"
#include "services/room/domain/events.h"
#include "services/room/domain/replies.h"
#include "services/room/domain/room.h"

namespace parley::room {

/// How rooms are kept: joins the domain to its records for AggregateHost. What is read and can't be
/// understood is DATA_LOSS.
struct RoomCodec {
  using State = Room;
  using Event = room::Event;
  using Reply = room::Reply;
  using Record = v1::RoomEvent;

  static void FillRecord(const Event& event, Position position, Record& record);
  static absl::StatusOr<Event> FromRecord(const Record& record);
  static void Apply(State& state, const Event& event) { room::Apply(state, event); }
  static bool IsLast(const Event& event);

  static std::string EncodeState(const State& state);
  static absl::StatusOr<State> DecodeState(const std::string& bytes);
  static std::string EncodeReply(const Reply& reply);
  static absl::StatusOr<Reply> DecodeReply(const std::string& bytes, const std::vector<Event>& events);

  static std::size_t SizeOf(const State& state) { return 1 + state.participants.size(); }
  static std::size_t BytesOf(const State& state) { return kBytesOfOne * SizeOf(state); }

 private:
  /// A participant, about.
  static constexpr std::size_t kBytesOfOne = 512;
};

using RoomHost = AggregateHost<RoomCodec>;

}  // namespace parley::room
