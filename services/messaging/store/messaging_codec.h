#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/storage/log_store.h"
#include "parley/messaging/v1/messaging_service.pb.h"
#include "services/messaging/domain/room_messages.h"

namespace parley::messaging {

/// Joins the domain to its records, for AggregateHost.
struct MessagingCodec {
  using State = RoomMessages;
  using Event = messaging::Event;
  /// The message that was sent or edited; nothing for a deletion.
  using Reply = std::optional<Message>;
  using Record = v1::MessageEvent;

  static void FillRecord(const Event& event, storage::Position position, Record& record);
  /// Fails with DATA_LOSS when the record is of a kind that isn't known here.
  static absl::StatusOr<Event> FromRecord(const Record& record);
  static void Apply(State& state, Event event) { state.Apply(std::move(event)); }
  /// What is said in a room ends with the room, never with an event.
  static bool IsLast(const Event&) { return false; }
  static std::string EncodeState(const State& state);
  static absl::StatusOr<State> DecodeState(const std::string& bytes);
  /// What the command with that event is answered with. So nothing has to be kept of a reply besides.
  static Reply ReplyTo(const Event& event);
  static std::string EncodeReply(const Reply&) { return {}; }
  static absl::StatusOr<Reply> DecodeReply(const std::string& bytes, const std::vector<Event>& events);
  static std::size_t SizeOf(const State& state) { return state.size(); }
  static std::size_t BytesOf(const State& state) { return state.bytes(); }
};

}  // namespace parley::messaging
