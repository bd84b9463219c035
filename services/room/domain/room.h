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

  /// Null when nobody of that id is in the room.
  const Participant* Find(std::string_view participant_id) const;
  Participant* Find(std::string_view participant_id);

  friend bool operator==(const Room&, const Room&) = default;
};

}  // namespace parley::room
