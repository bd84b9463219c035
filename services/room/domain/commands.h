#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "services/room/domain/events.h"
#include "services/room/domain/room.h"

namespace parley::room {

// What can be asked of a room. Each command has one Decide, which tells the events that it leads to, or why
// it is refused. A decision changes nothing and depends on its arguments only: time, identifiers and limits
// come in as values. An empty list of events means that the command is fine and there is nothing to change.

inline constexpr char kDefaultRoomName[] = "Untitled Room";
/// In characters, that is, code points.
inline constexpr std::size_t kMaxNameLength = 64;

/// Who says to act, and the proof.
struct Actor {
  std::string participant_id;
  /// SHA-256 of the key that was presented, 32 raw bytes.
  std::string key_sha256;
};

// Life of a room: lifecycle.cc.

struct CreateRoom {
  std::string room_id;
  /// kDefaultRoomName when absent.
  std::optional<std::string> name;
  Time join_deadline;
};
/// ALREADY_EXISTS, without a reason, when there is a room of that id; INVALID_NAME.
absl::StatusOr<Events> Decide(const Room& room, const CreateRoom& command, Time now);

/// Gives up what hasn't happened in time: the room that nobody has joined, the participants that have not
/// come back. Leads to nothing when nothing is due.
struct ExpireDeadlines {};
/// ROOM_NOT_FOUND.
absl::StatusOr<Events> Decide(const Room& room, const ExpireDeadlines& command, Time now);

// Who is in a room: membership.cc.

struct JoinRoom {
  /// Of the new participant.
  std::string participant_id;
  std::string key_sha256;
  /// Its id when absent.
  std::optional<std::string> name;
  /// 0 is no limit.
  std::size_t max_participants = 0;
  Connection connection;
};
/// ROOM_NOT_FOUND, INVALID_NAME, ROOM_FULL; INVALID_REQUEST when the id is taken.
absl::StatusOr<Events> Decide(const Room& room, const JoinRoom& command, Time now);

/// The host takes the room along.
struct LeaveRoom {
  Actor actor;
};
/// ROOM_NOT_FOUND, PARTICIPANT_NOT_FOUND, KEY_MISMATCH.
absl::StatusOr<Events> Decide(const Room& room, const LeaveRoom& command, Time now);

// Whose connection holds: connection.cc.

/// The participant's connection broke. Leads to nothing when it has another one by now.
struct DisconnectParticipant {
  Actor actor;
  std::string connection_id;
  /// When the participant is given up unless it comes back: at once when that has passed.
  Time return_deadline;
};
/// As LeaveRoom.
absl::StatusOr<Events> Decide(const Room& room, const DisconnectParticipant& command, Time now);

/// The participant takes part by this connection from now on, whether or not it has lost the one it had.
struct ReconnectParticipant {
  Actor actor;
  Connection connection;
};
/// As LeaveRoom.
absl::StatusOr<Events> Decide(const Room& room, const ReconnectParticipant& command, Time now);

/// An edge is dead, and those whose connections it held leave. Who has lost its connection before has its own
/// time to come back.
struct ExpireEdge {
  std::string edge_id;
};
/// ROOM_NOT_FOUND.
absl::StatusOr<Events> Decide(const Room& room, const ExpireEdge& command, Time now);

// How participants show themselves: profile.cc.

struct UpdateName {
  Actor actor;
  std::string name;
};
/// As LeaveRoom; INVALID_NAME.
absl::StatusOr<Events> Decide(const Room& room, const UpdateName& command, Time now);

/// What is absent stays as it is.
struct UpdateMediaState {
  Actor actor;
  std::optional<bool> camera_enabled;
  std::optional<bool> microphone_enabled;
};
/// As LeaveRoom.
absl::StatusOr<Events> Decide(const Room& room, const UpdateMediaState& command, Time now);

}  // namespace parley::room
