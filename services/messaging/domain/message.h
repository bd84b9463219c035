#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/clock/clock.h"

namespace parley::messaging {

enum class ReactionType {
  kThumbsUp,
  kThumbsDown,
  kLaugh,
  kConfused,
  kCelebrate,
  kOneHundred,
  kQuestionMark,
  kClap,
};

/// Somebody's feeling about a message.
struct Reaction {
  ReactionType type = ReactionType::kThumbsUp;
  std::string participant_id;

  friend bool operator==(const Reaction&, const Reaction&) = default;
};

/// A message as it is now.
struct Message {
  std::string id;
  /// Id of the participant who sent it.
  std::string from;
  /// Id of the participant to whom it goes; nothing when it goes to everyone in the room.
  std::optional<std::string> to;
  /// 1 to 4,000 characters, exactly as sent.
  std::string content;
  /// In the order in which they were made.
  std::vector<Reaction> reactions;
  Time create_time;
  /// When it was last edited; nothing when it never was.
  std::optional<Time> edit_time;

  friend bool operator==(const Message&, const Message&) = default;
};

/// About how many bytes of memory a room takes for a message.
std::size_t SizeOf(const Message& message);

/// What a participant is called.
struct ParticipantName {
  std::string id;
  std::string name;

  friend bool operator==(const ParticipantName&, const ParticipantName&) = default;
};

struct MessageSent {
  Message message;
  /// Of those whom the message names, unless earlier events have told. They are kept because nobody else
  /// remembers those who have left.
  std::vector<ParticipantName> names{};

  friend bool operator==(const MessageSent&, const MessageSent&) = default;
};

struct MessageEdited {
  /// As it is now.
  Message message;

  friend bool operator==(const MessageEdited&, const MessageEdited&) = default;
};

struct MessageDeleted {
  /// As it was before.
  Message message;

  friend bool operator==(const MessageDeleted&, const MessageDeleted&) = default;
};

/// Something that happened to a message of a room.
struct Event {
  Time at;
  std::variant<MessageSent, MessageEdited, MessageDeleted> what;

  friend bool operator==(const Event&, const Event&) = default;
};

/// Everybody in the room but one.
struct EveryoneExcept {
  std::string participant_id;

  friend bool operator==(const EveryoneExcept&, const EveryoneExcept&) = default;
};

/// These and nobody else.
struct Participants {
  std::vector<std::string> participant_ids;

  friend bool operator==(const Participants&, const Participants&) = default;
};

using Audience = std::variant<EveryoneExcept, Participants>;

/// Who may hear of an event. A room message: everybody but the one who acts, who is answered. A direct
/// message: its recipient, who may be its sender too. The same goes for edits and deletions, which only the
/// sender makes.
Audience AudienceOf(const Event& event);

/// The message that an event is about.
const Message& MessageOf(const Event& event);

}  // namespace parley::messaging
