#include "services/messaging/domain/commands.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/ids/text.h"
#include "services/messaging/domain/errors.h"

namespace parley::messaging {
namespace {

/// The message that somebody wants to change, if it may.
absl::StatusOr<const Message*> FindOwn(const RoomMessages& state, const std::string& message_id,
                                       const std::string& participant_id) {
  const Message* message = state.Find(message_id);
  if (message == nullptr) return MakeError(kMessageNotFound);
  if (message->from != participant_id) return MakeError(kNotAuthor);
  return message;
}

absl::Status CheckRate(const RoomMessages& state, const std::string& participant_id, const SendLimit& limit,
                       Time now) {
  const std::optional<Duration> wait = state.WaitBeforeSending(participant_id, limit, now);
  if (!wait) return absl::OkStatus();
  return MakeError(kTooManyMessages, {}, {{kRetryAfterMs, std::to_string(wait->count())}});
}

}  // namespace

absl::Status CheckContent(std::string_view content) {
  const std::optional<std::size_t> characters = CountCharacters(content);
  const bool good = characters && *characters >= 1 && *characters <= kMaxContentCharacters;
  return good ? absl::OkStatus() : MakeError(kInvalidContent);
}

absl::Status CheckActor(Actor actor) {
  switch (actor) {
    case Actor::kAbsent:
      return MakeError(kSenderNotFound);
    case Actor::kWrongKey:
      return MakeError(kKeyMismatch);
    case Actor::kPresent:
      return absl::OkStatus();
  }
  return MakeError(kInternal);
}

absl::Status CheckHistory(const RoomMessages& state, std::ptrdiff_t growth, std::size_t max_bytes) {
  // Whoever makes room is welcome, however full it is.
  const bool fits = growth <= 0 || state.bytes() + static_cast<std::size_t>(growth) <= max_bytes;
  return fits ? absl::OkStatus() : MakeError(kHistoryFull);
}

absl::StatusOr<Event> SendMessage(const RoomMessages& state, const SendMessageCommand& command, Actor sender,
                                  bool recipient_present, const SendLimit& limit, Time now,
                                  const std::vector<ParticipantName>& names) {
  if (absl::Status status = CheckActor(sender); !status.ok()) return status;
  if (command.to && !recipient_present) return MakeError(kRecipientNotFound);
  if (absl::Status status = CheckRate(state, command.from, limit, now); !status.ok()) return status;
  Message message;
  message.id = command.message_id;
  message.from = command.from;
  message.to = command.to;
  message.content = command.content;
  message.create_time = now;
  MessageSent sent{std::move(message)};
  std::copy_if(names.begin(), names.end(), std::back_inserter(sent.names),
               [&](const ParticipantName& known) { return state.NameOf(known.id) != known.name; });
  return Event{now, std::move(sent)};
}

absl::StatusOr<Event> EditMessage(const RoomMessages& state, const EditMessageCommand& command, Actor editor,
                                  const SendLimit& limit, Time now) {
  if (absl::Status status = CheckActor(editor); !status.ok()) return status;
  const absl::StatusOr<const Message*> found = FindOwn(state, command.message_id, command.from);
  if (!found.ok()) return found.status();
  if (absl::Status status = CheckRate(state, command.from, limit, now); !status.ok()) return status;
  Message message = **found;
  message.content = command.content;
  message.edit_time = now;
  return Event{now, MessageEdited{std::move(message)}};
}

absl::StatusOr<Event> DeleteMessage(const RoomMessages& state, const DeleteMessageCommand& command,
                                    Actor deleter, Time now) {
  if (absl::Status status = CheckActor(deleter); !status.ok()) return status;
  const absl::StatusOr<const Message*> found = FindOwn(state, command.message_id, command.from);
  if (!found.ok()) return found.status();
  return Event{now, MessageDeleted{**found}};
}

}  // namespace parley::messaging
