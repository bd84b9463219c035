#include "services/messaging/application/messaging_application.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/ids/digest.h"
#include "common/log/log.h"
#include "services/messaging/domain/errors.h"

namespace parley::messaging {
namespace {

/// Pause before a store that failed is tried again.
constexpr Duration kRetryPause{250};
/// The same where nobody waits for it.
constexpr Duration kCloseRetryPause{5'000};
/// Before messages that couldn't be read are tried again, which may never succeed.
constexpr Duration kReadRetryPause{2'000};
/// As many bits as a UUID has, for each command keeps its key on the disk and in memory.
constexpr std::size_t kRequestKeyBytes = 16;

/// The request id under which an answer is kept. It holds all that an answer depends on, so that nobody is
/// given the answer of somebody else, of another room or of another kind of request, however badly request
/// ids are chosen; and whoever has left, and can't act any more, still gets the answer to what it had asked
/// for in time.
std::string RequestKey(std::string_view name, std::string_view room_id, const Call& call) {
  if (call.request_id.empty()) return {};
  std::string scope;
  for (const std::string_view part : {name, room_id, std::string_view(call.participant_id),
                                      std::string_view(call.key), std::string_view(call.request_id)}) {
    scope.append(std::to_string(part.size())).append(":").append(part);
  }
  return absl::WebSafeBase64Escape(Sha256(scope).substr(0, kRequestKeyBytes));
}

/// The same reason with the text that this service has for it.
absl::Status InOwnWords(absl::Status status) {
  return Is(status, kRoomNotFound) ? MakeError(kRoomNotFound) : status;
}

}  // namespace

MessagingApplication::MessagingApplication(storage::LogStore& store, RoomSource& rooms, Schedule schedule,
                                           const Clock& clock, IdSource& ids, Settings settings)
    : schedule_(std::move(schedule)),
      clock_(clock),
      ids_(ids),
      settings_(std::move(settings)),
      store_(store),
      epoch_(store.Epoch()),
      host_(store),
      directory_(rooms, *this, schedule_, clock) {}

absl::Status MessagingApplication::TakeUp() {
  const absl::StatusOr<std::vector<std::string>> room_ids = store_.ListRoomIds();
  if (!room_ids.ok()) return room_ids.status();
  for (const std::string& room_id : *room_ids) TakeUp(room_id);
  return absl::OkStatus();
}

void MessagingApplication::TakeUp(const std::string& room_id) {
  directory_.Find({room_id, {}}, clock_.Now() + settings_.longest_wait,
                  [this, room_id](const absl::StatusOr<RoomLife>& room) {
                    if (Is(room.status(), kRoomNotFound)) return CloseMessages(room_id);
                    if (room.ok() || Is(room.status(), kShuttingDown)) return;
                    schedule_(clock_.Now() + kRetryPause, [this, room_id] { TakeUp(room_id); });
                  });
}

void MessagingApplication::CloseMessages(const std::string& room_id) {
  host_.Close(room_id, [this, room_id](const absl::Status& status) {
    if (!absl::IsUnavailable(status)) return;
    // Not Close at once: there may be another room of that id by then.
    schedule_(clock_.Now() + kCloseRetryPause, [this, room_id] { TakeUp(room_id); });
  });
}

void MessagingApplication::SendMessage(const Call& call, std::optional<std::string> to, std::string content,
                                       std::function<void(absl::StatusOr<Message>)> done) {
  if (absl::Status status = CheckContent(content); !status.ok()) return done(std::move(status));
  auto command = std::make_shared<Command>();
  command->name = "SendMessage";
  command->call = call;
  command->recipient = to;
  command->decide =
      [this, send = SendMessageCommand{ids_.Uuid(), call.participant_id, std::move(to), std::move(content)}](
          const RoomMessages& state, const Facts& facts, Time now) {
        return messaging::SendMessage(state, send, facts.actor, facts.recipient_present, settings_.send_limit,
                                      now, facts.names);
      };
  command->done = [done = std::move(done)](absl::StatusOr<MessagingCodec::Reply> reply) {
    done(reply.ok() ? absl::StatusOr<Message>(**std::move(reply)) : reply.status());
  };
  Start(std::move(command));
}

void MessagingApplication::EditMessage(const Call& call, std::string message_id, std::string content,
                                       std::function<void(absl::StatusOr<Message>)> done) {
  if (absl::Status status = CheckContent(content); !status.ok()) return done(std::move(status));
  auto command = std::make_shared<Command>();
  command->name = "EditMessage";
  command->call = call;
  command->decide =
      [this, edit = EditMessageCommand{call.participant_id, std::move(message_id), std::move(content)}](
          const RoomMessages& state, const Facts& facts, Time now) {
        return messaging::EditMessage(state, edit, facts.actor, settings_.send_limit, now);
      };
  command->done = [done = std::move(done)](absl::StatusOr<MessagingCodec::Reply> reply) {
    done(reply.ok() ? absl::StatusOr<Message>(**std::move(reply)) : reply.status());
  };
  Start(std::move(command));
}

void MessagingApplication::DeleteMessage(const Call& call, std::string message_id,
                                         std::function<void(absl::Status)> done) {
  auto command = std::make_shared<Command>();
  command->name = "DeleteMessage";
  command->call = call;
  command->decide = [remove = DeleteMessageCommand{call.participant_id, std::move(message_id)}](
                        const RoomMessages& state, const Facts& facts, Time now) {
    return messaging::DeleteMessage(state, remove, facts.actor, now);
  };
  command->done = [done = std::move(done)](const absl::StatusOr<MessagingCodec::Reply>& reply) {
    done(reply.status());
  };
  Start(std::move(command));
}

void MessagingApplication::Start(std::shared_ptr<Command> command) {
  command->key_sha256 = Sha256(command->call.key);
  command->call.deadline = Limited(command->call.deadline);
  const Call& call = command->call;
  directory_.Find(call.room, call.deadline, [this, command](absl::StatusOr<RoomLife> room) {
    command->room = std::move(room);
    // A repetition is answered even after the room's end, where the room's id is still known.
    if (!command->room.ok()) return Execute(command);
    LearnOf(*command->room, command->call.participant_id, command->key_sha256, command->recipient,
            [this, command](const absl::Status& learned) {
              command->learned = learned;
              Execute(command);
            });
  });
}

void MessagingApplication::Execute(const std::shared_ptr<Command>& command) {
  // What is known of the membership is looked up when the room's turn has come: from the moment that
  // somebody's leaving is known, nothing of its is decided on any more.
  auto decide = [this, command](const RoomMessages& state) -> absl::StatusOr<Host::Decision> {
    const absl::StatusOr<Facts> known = FactsFor(*command);
    if (!known.ok()) return known.status();
    absl::StatusOr<Event> event = command->decide(state, *known, clock_.Now());
    if (!event.ok()) return event.status();
    if (absl::Status status = CheckSpace(state, *event); !status.ok()) return status;
    MessagingCodec::Reply reply = MessagingCodec::ReplyTo(*event);
    Host::Decision decision{{}, std::move(reply)};
    decision.events.push_back(*std::move(event));
    return decision;
  };
  const std::string& room_id = command->room.ok() ? command->room->room_id : command->call.room.id;
  auto answer = [this, command, &room_id](absl::StatusOr<Host::Outcome> outcome) {
    if (outcome.ok()) {
      if (outcome->state != nullptr) Count(room_id, {outcome->state->size(), outcome->state->bytes()});
      return command->done(std::move(outcome->reply));
    }
    absl::Status status = InOwnWords(outcome.status());
    // Where there is no room, the membership may know better why.
    if (Is(status, kRoomNotFound)) {
      const absl::StatusOr<Facts> known = FactsFor(*command);
      if (!known.ok()) status = InOwnWords(known.status());
    }
    command->done(std::move(status));
  };
  // How fast one participant sends and which messages are its own is nothing to how another's command is
  // decided.
  const std::string& lane = command->call.participant_id;
  host_.Execute(room_id, RequestKey(command->name, room_id, command->call), std::move(decide),
                std::move(answer), lane);
}

void MessagingApplication::ListMessages(const Call& call, std::size_t page_size,
                                        std::optional<storage::Position> membership_position,
                                        std::function<void(absl::StatusOr<MessageListing>)> done) {
  const Time deadline = Limited(call.deadline);
  auto list = [this, call, page_size, done](const absl::StatusOr<RoomLife>& room) {
    if (!room.ok()) return done(InOwnWords(room.status()));
    const std::string key_sha256 = Sha256(call.key);
    LearnOf(*room, call.participant_id, key_sha256, std::nullopt,
            [this, room = *room, call, key_sha256, page_size, done](const absl::Status& learned) {
              if (!learned.ok()) return done(InOwnWords(learned));
              ListKnown(room, call, key_sha256, page_size, done);
            });
  };
  if (!membership_position) return directory_.Find(call.room, deadline, std::move(list));
  directory_.Find(call.room, deadline,
                  [this, position = *membership_position, deadline,
                   list = std::move(list)](absl::StatusOr<RoomLife> room) {
                    if (!room.ok()) return list(std::move(room));
                    directory_.Await(room->room_id, position, deadline, list);
                  });
}

void MessagingApplication::ListKnown(const RoomLife& room, const Call& call, const std::string& key_sha256,
                                     std::size_t page_size,
                                     const std::function<void(absl::StatusOr<MessageListing>)>& done) {
  const absl::StatusOr<Facts> facts = FactsOf(room, call.participant_id, key_sha256, std::nullopt);
  if (!facts.ok()) return done(facts.status());
  if (absl::Status status = CheckActor(facts->actor); !status.ok()) return done(std::move(status));
  MessageListing listing;
  std::vector<ParticipantName> named;
  absl::Status status = host_.Read(room.room_id, [&](const RoomMessages& state, storage::Position position) {
    listing.page = state.ListMessages(call.participant_id, page_size);
    listing.position = position;
    for (const std::string& id : listing.page.NamedParticipants()) {
      named.push_back({id, std::string(state.NameOf(id))});
    }
  });
  if (status.ok() && listing.position.incarnation != LogIncarnation(room)) status = MakeError(kRoomNotFound);
  if (!status.ok()) return done(InOwnWords(std::move(status)));
  status = directory_.Read(room, [&](const Membership& membership) {
    for (ParticipantName& known : named) {
      if (membership.Find(known.id) != nullptr) continue;
      if (std::optional<std::string> last = membership.FormerName(known.id)) known.name = *std::move(last);
      // As everywhere, somebody without a name is called by its id.
      if (known.name.empty()) known.name = known.id;
      listing.former_participants.push_back(std::move(known));
    }
  });
  if (!status.ok()) return done(std::move(status));
  done(std::move(listing));
}

void MessagingApplication::AwaitMembership(const std::string& room_id, storage::Position position,
                                           Time deadline, std::function<void(absl::Status)> done) {
  directory_.Await(
      room_id, position, Limited(deadline),
      [done = std::move(done)](const absl::StatusOr<RoomLife>& room) { done(InOwnWords(room.status())); });
}

void MessagingApplication::ListMessageEvents(
    const std::string& room_id, storage::Position after, Time deadline,
    std::function<void(absl::StatusOr<EventPage<MessagingCodec>>)> done) {
  directory_.Find({room_id, {}}, Limited(deadline),
                  [this, room_id, after, done = std::move(done)](const absl::StatusOr<RoomLife>& room) {
                    if (!room.ok()) return done(InOwnWords(room.status()));
                    done(host_.ReadAfter(room_id, after));
                  });
}

void MessagingApplication::WatchMessages(const std::string& room_id, std::optional<storage::Position> after,
                                         const std::shared_ptr<Watcher>& watcher) {
  directory_.Find({room_id, {}}, clock_.Now() + settings_.longest_wait,
                  [this, room_id, after, watcher](const absl::StatusOr<RoomLife>& room) {
                    if (watcher->cancelled()) return;
                    if (!room.ok()) {
                      const bool gone = Is(room.status(), kRoomNotFound);
                      watcher->OnEnded(room_id, gone ? EndReason::kNotFound : EndReason::kUnavailable);
                    } else {
                      host_.Subscribe(room_id, after, watcher);
                      if (watcher->cancelled()) host_.Unsubscribe(room_id, watcher);
                    }
                  });
}

void MessagingApplication::UnwatchMessages(const std::string& room_id,
                                           const std::shared_ptr<Watcher>& watcher) {
  host_.Unsubscribe(room_id, watcher);
}

std::optional<storage::Position> MessagingApplication::PositionOf(const std::string& room_id,
                                                                  const std::shared_ptr<Watcher>& watcher) {
  return host_.PositionOf(room_id, watcher);
}

void MessagingApplication::OpenRoom(const RoomLife& room, std::function<void()> opened) {
  log::Info("room opened", {{"room_id", room.room_id}});
  {
    const absl::MutexLock lock(&mutex_);
    OpenRoomInfo& info = rooms_[room.room_id];
    CountLocked(info, {});
    info.incarnation = room.incarnation;
    totals_.rooms = rooms_.size();
    if (settings_.on_totals) settings_.on_totals(totals_);
  }
  OpenMessages(room, std::move(opened));
}

void MessagingApplication::OpenMessages(const RoomLife& room, std::function<void()> opened) {
  absl::Status status;
  Held held;
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = rooms_.find(room.room_id);
    // The room may have ended while the messages of its former life were closed.
    if (found == rooms_.end() || found->second.incarnation != room.incarnation) return;
    status = host_.Open(room.room_id, LogIncarnation(room));
  }
  bool ready = status.ok();
  if (absl::IsAlreadyExists(status)) {
    status = host_.Read(room.room_id, [&](const RoomMessages& state, storage::Position position) {
      ready = position.incarnation == LogIncarnation(room);
      held = {state.size(), state.bytes()};
    });
  }
  // They are there, and nobody may be told meanwhile that there are none.
  if (!status.ok() && !Is(status, kRoomNotFound)) {
    log::Error("messages can't be read", {{"room_id", room.room_id}, {"cause", status.ToString()}});
    schedule_(clock_.Now() + kReadRetryPause,
              [this, room, opened = std::move(opened)] { OpenMessages(room, opened); });
    return;
  }
  if (ready) {
    Count(room.room_id, held);
    return opened();
  }
  host_.Close(room.room_id, [this, room, opened = std::move(opened)](const absl::Status& status) {
    if (status.ok()) return OpenMessages(room, opened);
    log::Error("messages of a former life not closed",
               {{"room_id", room.room_id}, {"cause", status.ToString()}});
    schedule_(clock_.Now() + kRetryPause, [this, room, opened] { OpenMessages(room, opened); });
  });
}

void MessagingApplication::CloseRoom(const std::string& room_id) {
  log::Info("room closed", {{"room_id", room_id}});
  {
    const absl::MutexLock lock(&mutex_);
    const auto found = rooms_.find(room_id);
    if (found != rooms_.end()) {
      CountLocked(found->second, {});
      rooms_.erase(found);
    }
    totals_.rooms = rooms_.size();
    if (settings_.on_totals) settings_.on_totals(totals_);
  }
  CloseMessages(room_id);
}

std::uint64_t MessagingApplication::LogIncarnation(const RoomLife& room) const {
  const std::uint64_t incarnation = room.incarnation ^ epoch_;
  return incarnation == 0 ? epoch_ : incarnation;
}

std::vector<std::string> MessagingApplication::FindUnnamed(const std::string& room_id,
                                                           const std::vector<std::string>& participant_ids) {
  std::vector<std::string> unnamed;
  const absl::Status status = host_.Read(room_id, [&](const RoomMessages& state, storage::Position) {
    std::copy_if(participant_ids.begin(), participant_ids.end(), std::back_inserter(unnamed),
                 [&](const std::string& id) { return !state.Mentions(id); });
  });
  // Without messages nobody asks for names.
  return status.ok() ? unnamed : participant_ids;
}

void MessagingApplication::LearnOf(const RoomLife& room, const std::string& participant_id,
                                   const std::string& key_sha256, const std::optional<std::string>& recipient,
                                   std::function<void(absl::Status)> done) {
  bool ask = false;
  const absl::Status status = directory_.Read(room, [&](const Membership& membership) {
    const auto unknown = [&](const std::string& id) {
      return membership.PresenceOf(id) == Membership::Presence::kUnknown;
    };
    const Member* member = membership.Find(participant_id);
    // Nobody without a right key makes this service ask about others.
    ask = member != nullptr
              ? recipient && ConstantTimeEquals(member->key_sha256, key_sha256) && unknown(*recipient)
              : unknown(participant_id);
  });
  if (!ask) return done(status);
  directory_.Refresh(room, std::move(done));
}

absl::StatusOr<MessagingApplication::Facts> MessagingApplication::FactsOf(
    const RoomLife& room, const std::string& participant_id, const std::string& key_sha256,
    const std::optional<std::string>& recipient) {
  Facts facts;
  const absl::Status status = directory_.Read(room, [&](const Membership& membership) {
    if (const Member* member = membership.Find(participant_id)) {
      const bool right_key = ConstantTimeEquals(member->key_sha256, key_sha256);
      facts.actor = right_key ? Actor::kPresent : Actor::kWrongKey;
      facts.names.push_back({member->id, member->name});
    }
    const Member* const receiver = recipient ? membership.Find(*recipient) : nullptr;
    if (receiver != nullptr) {
      facts.recipient_present = true;
      facts.names.push_back({receiver->id, receiver->name});
    }
  });
  if (!status.ok()) return status;
  return facts;
}

absl::StatusOr<MessagingApplication::Facts> MessagingApplication::FactsFor(const Command& command) {
  if (!command.room.ok()) return command.room.status();
  if (!command.learned.ok()) return command.learned;
  if (clock_.Now() >= command.call.deadline) return MakeError(kServiceUnavailable);
  return FactsOf(*command.room, command.call.participant_id, command.key_sha256, command.recipient);
}

Time MessagingApplication::Limited(Time deadline) const {
  return std::min(deadline, clock_.Now() + settings_.longest_wait);
}

absl::Status MessagingApplication::CheckSpace(const RoomMessages& state, const Event& event) {
  const std::ptrdiff_t growth = state.GrowthBy(event);
  absl::Status status = CheckHistory(state, growth, settings_.max_room_history_bytes);
  if (!status.ok() || growth <= 0) return status;
  const absl::MutexLock lock(&mutex_);
  const std::size_t max = settings_.max_history_bytes;
  if (totals_.bytes + static_cast<std::size_t>(growth) > max) {
    if (!std::exchange(told_full_, true)) {
      log::Error("no more messages can be held", {{"rooms", totals_.rooms}, {"bytes", totals_.bytes}});
    }
    return MakeError(kStorageUnavailable);
  }
  // Where short messages fit and long ones don't, it would be told again and again.
  if (told_full_ && totals_.bytes <= max - max / 10) {
    told_full_ = false;
    log::Info("messages can be held again", {{"bytes", totals_.bytes}});
  }
  return absl::OkStatus();
}

void MessagingApplication::Count(const std::string& room_id, Held held) {
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return;
  CountLocked(found->second, held);
  if (settings_.on_totals) settings_.on_totals(totals_);
}

void MessagingApplication::CountLocked(OpenRoomInfo& room, Held held) {
  totals_.messages += held.messages - room.held.messages;
  totals_.bytes += held.bytes - room.held.bytes;
  room.held = held;
}

}  // namespace parley::messaging
