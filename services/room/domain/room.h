#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock/clock.h"

namespace parley::room {

/// What a participant sends of itself.
struct MediaState {
  bool camera_enabled = false;
  bool microphone_enabled = false;

  friend bool operator==(const MediaState&, const MediaState&) = default;
};

/// By what a participant takes part.
struct Connection {
  /// The edge that holds it; empty when none does, as with somebody who calls this service directly.
  std::string edge_id;
  /// Tells it from the others that the same participant has had.
  std::string id;

  friend bool operator==(const Connection&, const Connection&) = default;
};

/// What a participant may do in its room.
enum class Role { kHost, kParticipant };

/// Somebody in a room.
struct Participant {
  std::string id;
  std::string name;
  MediaState media_state;
  Role role = Role::kParticipant;
  /// SHA-256 of the participant's key, 32 raw bytes. The key itself is never kept.
  std::string key_sha256;
  Time join_time;
  Connection connection;
  /// While its connection is broken: when it is given up.
  std::optional<Time> return_deadline;

  friend bool operator==(const Participant&, const Participant&) = default;
};

/// A room as its events made it. A room that has no id was never created.
struct Room {
  std::string id;
  std::string name;
  Time create_time;
  /// Who is in it, in the order of joining.
  std::vector<Participant> participants;
  /// While nobody has joined: when the room is given up.
  std::optional<Time> join_deadline;
  bool destroyed = false;

  bool exists() const { return !id.empty() && !destroyed; }

  /// When the room next changes by itself; nullopt: it doesn't.
  std::optional<Time> NextDeadline() const;

  /// Null when nobody of that id is in the room.
  const Participant* Find(std::string_view participant_id) const;
  Participant* Find(std::string_view participant_id);

  friend bool operator==(const Room&, const Room&) = default;
};

}  // namespace parley::room
