#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/messaging/domain/message.h"
#include "services/messaging/domain/room_messages.h"
#include "services/messaging/domain/send_history.h"

namespace parley::messaging {

inline constexpr std::size_t kMaxContentCharacters = 4000;

/// What the room's membership says of the one who acts, at the time of the decision.
enum class Actor {
  /// Nobody of that id is in the room.
  kAbsent,
  /// Somebody is, but the key is another's.
  kWrongKey,
  kPresent,
};

struct SendMessageCommand {
  /// Id of the new message.
  std::string message_id;
  std::string from;
  /// Nothing: everyone.
  std::optional<std::string> to;
  std::string content;
};

struct EditMessageCommand {
  std::string from;
  std::string message_id;
  std::string content;
};

struct DeleteMessageCommand {
  std::string from;
  std::string message_id;
};

/// OK when `content` may be a message's content, whoever sends it; INVALID_CONTENT.
absl::Status CheckContent(std::string_view content);

/// OK for kPresent; SENDER_NOT_FOUND, KEY_MISMATCH.
absl::Status CheckActor(Actor actor);

/// OK when the room's messages may grow by so many bytes, or shrink; HISTORY_FULL when they would take more
/// than `max_bytes`. To be asked of each event that is decided on, last.
absl::Status CheckHistory(const RoomMessages& state, std::ptrdiff_t growth, std::size_t max_bytes);

/// Each decides on a command: the one event that it makes, or why it is refused. Contents are to be checked
/// before. The reasons are looked for in this order: CheckActor's, RECIPIENT_NOT_FOUND, MESSAGE_NOT_FOUND,
/// NOT_AUTHOR, TOO_MANY_MESSAGES. `recipient_present` is ignored for a message to everyone; `names` are those
/// of the sender and the recipient, as far as they are known.
absl::StatusOr<Event> SendMessage(const RoomMessages& state, const SendMessageCommand& command, Actor sender,
                                  bool recipient_present, const SendLimit& limit, Time now,
                                  const std::vector<ParticipantName>& names = {});
absl::StatusOr<Event> EditMessage(const RoomMessages& state, const EditMessageCommand& command, Actor editor,
                                  const SendLimit& limit, Time now);
absl::StatusOr<Event> DeleteMessage(const RoomMessages& state, const DeleteMessageCommand& command,
                                    Actor deleter, Time now);

}  // namespace parley::messaging
