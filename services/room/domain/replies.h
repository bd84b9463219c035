#pragma once

#include <string>
#include <variant>

#include "services/room/domain/room.h"

namespace parley::room {

// What is kept of a command's answer, so that its repetition can be answered alike. Whatever else an answer
// holds is taken from the room as it is.

struct RoomCreatedReply {
  /// As it was created, still empty.
  Room room;

  friend bool operator==(const RoomCreatedReply&, const RoomCreatedReply&) = default;
};

struct JoinedReply {
  std::string participant_id;
  /// Empty when the caller chose it. Otherwise this is the one place where a key is kept as it is: until the
  /// store forgets the request.
  std::string key;

  friend bool operator==(const JoinedReply&, const JoinedReply&) = default;
};

struct LeftReply {
  friend bool operator==(const LeftReply&, const LeftReply&) = default;
};

struct DisconnectedReply {
  friend bool operator==(const DisconnectedReply&, const DisconnectedReply&) = default;
};

struct ReconnectedReply {
  friend bool operator==(const ReconnectedReply&, const ReconnectedReply&) = default;
};

struct NameUpdatedReply {
  friend bool operator==(const NameUpdatedReply&, const NameUpdatedReply&) = default;
};

struct MediaStateUpdatedReply {
  /// The whole media state after the command.
  MediaState media_state;

  friend bool operator==(const MediaStateUpdatedReply&, const MediaStateUpdatedReply&) = default;
};

/// Nothing, for commands that nobody waits for, or one of the above.
using Reply = std::variant<std::monostate, RoomCreatedReply, JoinedReply, LeftReply, NameUpdatedReply,
                           MediaStateUpdatedReply, DisconnectedReply, ReconnectedReply>;

}  // namespace parley::room
