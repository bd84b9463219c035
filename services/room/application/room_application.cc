#include "services/room/application/room_application.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "common/ids/digest.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/status/error.h"

namespace parley::room {
namespace {

constexpr ErrorReason kDeadlineExceeded{absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                                        "The request came too late"};

/// One room in a thousand million has a given id; meeting a taken one this often is no accident.
constexpr int kMaxCreateAttempts = 8;
/// After which a room that could not be expired is tried again.
constexpr Duration kExpireRetryPause{1'000};

/// The reply of the kind that `outcome` must hold when it answers the command that was asked.
template <typename Expected>
absl::StatusOr<Expected> ReplyAs(const absl::StatusOr<RoomHost::Outcome>& outcome) {
  if (!outcome.ok()) return outcome.status();
  const Expected* reply = std::get_if<Expected>(&outcome->reply);
  if (reply == nullptr) return MakeError(kInvalidRequest, "request_id: it was used for another request");
  return *reply;
}

/// Hands over where the room is after a command whose answer holds nothing else.
template <typename Expected>
RoomHost::Done AnswerPosition(RoomApplication::Done<Position> done) {
  return [done = std::move(done)](const absl::StatusOr<RoomHost::Outcome>& outcome) {
    const absl::StatusOr<Expected> reply = ReplyAs<Expected>(outcome);
    if (!reply.ok()) return done(reply.status());
    done(outcome->position);
  };
}

MediaState MediaStateAfter(const Room& before, const Events& events, const std::string& participant_id) {
  if (events.empty()) return before.Find(participant_id)->media_state;
  return std::get<MediaStateUpdated>(events.back().what).media_state;
}

}  // namespace

RoomApplication::RoomApplication(storage::LogStore& store, const Clock& clock, IdSource& ids,
                                 TimerQueue& timers, Options options)
    : store_(store),
      clock_(clock),
      ids_(ids),
      timers_(timers),
      options_(options),
      rooms_gauge_(metrics::Gauge("parley_rooms", "Rooms there are.")),
      participants_gauge_(metrics::Gauge("parley_participants", "Participants in all rooms.")),
      host_(store),
      leases_(clock, timers, store, options.edge_lease,
              [this](const std::string& edge_id) { ExpireEdge(edge_id); }),
      grace_(clock, timers, store, options.reconnect_grace) {}

RoomApplication::~RoomApplication() { timers_.Stop(); }

absl::Status RoomApplication::Start() {
  const absl::StatusOr<std::vector<std::string>> room_ids = store_.ListRoomIds();
  if (!room_ids.ok()) return room_ids.status();
  for (const std::string& room_id : *room_ids) {
    const absl::Status status = host_.Read(room_id, [&](const Room& room, Position) {
      Note(room_id, &room, News::kTakenUp);
      ExpireNext(room_id, room);
      for (const Participant& participant : room.participants) leases_.Renew(participant.connection.edge_id);
    });
    // A room that is damaged (the host has told the log) must not keep the others from being served.
    if (!status.ok() && !Is(status, kRoomNotFound) && !Is(status, kInternal)) return status;
  }
  if (!room_ids->empty()) log::Info("rooms taken up", {{"rooms", room_ids->size()}});
  return absl::OkStatus();
}

template <typename Command, typename MakeReply>
RoomHost::Decide RoomApplication::MakeDecide(const Call& call, Command command, MakeReply reply) {
  return [this, deadline = call.deadline, command = std::move(command),
          reply = std::move(reply)](const Room& room) -> absl::StatusOr<RoomHost::Decision> {
    const Time now = clock_.Now();
    if (now >= deadline) return MakeError(kDeadlineExceeded);
    absl::StatusOr<Events> events = Decide(room, command, now);
    if (!events.ok()) return events.status();
    Reply kept = reply(room, *events);
    return RoomHost::Decision{*std::move(events), std::move(kept)};
  };
}

template <typename Command, typename MakeReply>
void RoomApplication::Execute(const Call& call, const std::string& room_id, Command command, MakeReply reply,
                              RoomHost::Done done) {
  host_.Execute(room_id, call.request_id, MakeDecide(call, std::move(command), std::move(reply)),
                [this, room_id, done = std::move(done)](const absl::StatusOr<RoomHost::Outcome>& outcome) {
                  if (outcome.ok()) Note(room_id, outcome->state);
                  done(outcome);
                });
}

void RoomApplication::CreateRoom(const Call& call, std::optional<std::string> name, Done<CreatedRoom> done) {
  TryCreateRoom(call, std::move(name), std::move(done), 1);
}

void RoomApplication::TryCreateRoom(const Call& call, std::optional<std::string> name, Done<CreatedRoom> done,
                                    int attempt) {
  const std::string room_id = ids_.RoomId();
  room::CreateRoom command{room_id, name, clock_.Now() + options_.join_timeout};
  auto reply = [](Room room, const Events& events) {
    for (const Event& event : events) Apply(room, event);
    return RoomCreatedReply{std::move(room)};
  };
  host_.Create(room_id, ids_.Incarnation(), call.request_id, MakeDecide(call, std::move(command), reply),
               [this, call, name = std::move(name), done = std::move(done), attempt,
                room_id](const absl::StatusOr<RoomHost::Outcome>& outcome) {
                 if (absl::IsAlreadyExists(outcome.status())) {
                   if (attempt < kMaxCreateAttempts) return TryCreateRoom(call, name, done, attempt + 1);
                   log::Error("no room id is free", {{"attempts", attempt}});
                   return done(MakeError(kServiceUnavailable));
                 }
                 const auto created = ReplyAs<RoomCreatedReply>(outcome);
                 if (!created.ok()) return done(created.status());
                 // Null when an earlier answer is repeated, after which the room was taken care of.
                 if (outcome->state != nullptr) {
                   Note(room_id, outcome->state);
                   ExpireAt(room_id, *outcome->state->join_deadline);
                 }
                 done(CreatedRoom{&created->room, outcome->position});
               });
}

void RoomApplication::JoinRoom(const Call& call, const std::string& room_id, std::optional<std::string> name,
                               Connection connection, std::optional<Credentials> chosen,
                               Done<JoinedRoom> done) {
  leases_.Renew(connection.edge_id);
  const Credentials credentials = chosen ? *chosen : Credentials{ids_.Uuid(), ids_.Key()};
  room::JoinRoom command{credentials.participant_id, Sha256(credentials.key), std::move(name),
                         options_.max_participants, std::move(connection)};
  JoinedReply joined{credentials.participant_id, chosen ? std::string() : credentials.key};
  Execute(
      call, room_id, std::move(command),
      [joined = std::move(joined)](const Room&, const Events&) { return joined; },
      [chosen = std::move(chosen), done = std::move(done)](const absl::StatusOr<RoomHost::Outcome>& outcome) {
        const auto reply = ReplyAs<JoinedReply>(outcome);
        if (!reply.ok()) return done(reply.status());
        if (outcome->state == nullptr) return done(MakeError(kRoomNotFound));
        const std::string& key = chosen ? chosen->key : reply->key;
        done(JoinedRoom{{reply->participant_id, key}, outcome->state, outcome->position});
      });
}

void RoomApplication::LeaveRoom(const Call& call, const std::string& room_id, room::LeaveRoom command,
                                Done<Position> done) {
  Execute(
      call, room_id, std::move(command), [](const Room&, const Events&) { return LeftReply{}; },
      AnswerPosition<LeftReply>(std::move(done)));
}

void RoomApplication::DisconnectParticipant(const Call& call, const std::string& room_id, const Actor& actor,
                                            std::string connection_id, Done<Position> done) {
  const Time return_deadline = grace_.Deadline();
  room::DisconnectParticipant command{actor, std::move(connection_id), return_deadline};
  Execute(
      call, room_id, std::move(command), [](const Room&, const Events&) { return DisconnectedReply{}; },
      [this, room_id, return_deadline, answer = AnswerPosition<DisconnectedReply>(std::move(done))](
          const absl::StatusOr<RoomHost::Outcome>& outcome) {
        if (outcome.ok() && outcome->state != nullptr) ExpireAt(room_id, return_deadline);
        answer(outcome);
      });
}

void RoomApplication::ReconnectParticipant(const Call& call, const std::string& room_id,
                                           room::ReconnectParticipant command,
                                           Done<ReconnectedParticipant> done) {
  leases_.Renew(command.connection.edge_id);
  Execute(
      call, room_id, std::move(command), [](const Room&, const Events&) { return ReconnectedReply{}; },
      [done = std::move(done)](const absl::StatusOr<RoomHost::Outcome>& outcome) {
        const auto reply = ReplyAs<ReconnectedReply>(outcome);
        if (!reply.ok()) return done(reply.status());
        if (outcome->state == nullptr) return done(MakeError(kRoomNotFound));
        done(ReconnectedParticipant{outcome->state, outcome->position});
      });
}

Duration RoomApplication::RenewLease(const std::string& edge_id) {
  leases_.Renew(edge_id);
  return leases_.duration();
}

void RoomApplication::UpdateName(const Call& call, const std::string& room_id, room::UpdateName command,
                                 Done<Position> done) {
  Execute(
      call, room_id, std::move(command), [](const Room&, const Events&) { return NameUpdatedReply{}; },
      AnswerPosition<NameUpdatedReply>(std::move(done)));
}

void RoomApplication::UpdateMediaState(const Call& call, const std::string& room_id,
                                       room::UpdateMediaState command, Done<UpdatedMediaState> done) {
  auto reply = [participant_id = command.actor.participant_id](const Room& before, const Events& events) {
    return MediaStateUpdatedReply{MediaStateAfter(before, events, participant_id)};
  };
  Execute(call, room_id, std::move(command), std::move(reply),
          [done = std::move(done)](const absl::StatusOr<RoomHost::Outcome>& outcome) {
            const auto updated = ReplyAs<MediaStateUpdatedReply>(outcome);
            if (!updated.ok()) return done(updated.status());
            done(UpdatedMediaState{updated->media_state, outcome->position});
          });
}

absl::Status RoomApplication::GetRoom(const std::string& room_id,
                                      const std::function<void(const Room&, Position)>& read) {
  return host_.Read(room_id, read);
}

absl::StatusOr<EventPage<RoomCodec>> RoomApplication::ListRoomEvents(const std::string& room_id,
                                                                     Position after) {
  return host_.ReadAfter(room_id, after);
}

absl::StatusOr<std::string> RoomApplication::FindRoomId(const std::string& room_id_hash) {
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id_hash);
  if (found == rooms_.end()) return MakeError(kRoomNotFound);
  return found->second.room_id;
}

void RoomApplication::Subscribe(const std::string& room_id, std::optional<Position> after,
                                const std::shared_ptr<Subscriber>& subscriber) {
  host_.Subscribe(room_id, after, subscriber);
}

void RoomApplication::Unsubscribe(const std::string& room_id, const std::shared_ptr<Subscriber>& subscriber) {
  host_.Unsubscribe(room_id, subscriber);
}

std::optional<Position> RoomApplication::PositionOf(const std::string& room_id,
                                                    const std::shared_ptr<Subscriber>& subscriber) {
  return host_.PositionOf(room_id, subscriber);
}

void RoomApplication::Note(const std::string& room_id, const Room* room, News news) {
  const std::string hash = Md5Hex(room_id);
  const absl::MutexLock lock(&mutex_);
  if (room != nullptr) {
    const auto [known, is_new] = rooms_.try_emplace(hash, KnownRoom{room_id});
    const auto before = std::exchange(known->second.participants, room->participants.size());
    participants_gauge_.Increment(static_cast<double>(room->participants.size()) -
                                  static_cast<double>(before));
    if (is_new) {
      rooms_gauge_.Increment();
      if (news == News::kHappened) log::Info("room created", {{"room_id", room_id}});
    }
  } else if (const auto known = rooms_.find(hash); known != rooms_.end()) {
    rooms_gauge_.Decrement();
    participants_gauge_.Decrement(static_cast<double>(known->second.participants));
    rooms_.erase(known);
    log::Info("room destroyed", {{"room_id", room_id}});
  }
}

void RoomApplication::ExpireAt(const std::string& room_id, Time when) {
  {
    const absl::MutexLock lock(&mutex_);
    const auto [next, is_new] = next_looks_.try_emplace(room_id, when);
    // An earlier look leads on to this one.
    if (!is_new && next->second <= when) return;
    next->second = when;
  }
  timers_.At(when, [this, room_id, when] {
    {
      const absl::MutexLock lock(&mutex_);
      const auto next = next_looks_.find(room_id);
      if (next == next_looks_.end() || next->second != when) return;
      next_looks_.erase(next);
    }
    Expire(room_id);
  });
}

void RoomApplication::ExpireNext(const std::string& room_id, const Room& room) {
  if (room.join_deadline) {
    ExpireAt(room_id, *room.join_deadline);
  } else if (const auto deadline = room.NextDeadline()) {
    ExpireAt(room_id, std::max(*deadline, grace_.End()));
  }
}

void RoomApplication::Expire(const std::string& room_id) {
  const auto expire = [this](const Room& room) -> absl::StatusOr<RoomHost::Decision> {
    const Time grace_end = grace_.End();
    const Time now = clock_.Now();
    if (room.exists() && !room.join_deadline && now < grace_end) return RoomHost::Decision{};
    absl::StatusOr<Events> events = Decide(room, ExpireDeadlines{}, now);
    if (!events.ok()) return events.status();
    return RoomHost::Decision{*std::move(events), Reply{}};
  };
  host_.Execute(room_id, {}, expire, [this, room_id](const absl::StatusOr<RoomHost::Outcome>& outcome) {
    if (Is(outcome.status(), kRoomNotFound)) return;
    if (!outcome.ok()) {
      // Whoever wanted to come back could not be remembered either.
      grace_.Renew();
      return ExpireAt(room_id, clock_.Now() + kExpireRetryPause);
    }
    Note(room_id, outcome->state);
    // The next one, or the same one when it isn't time yet or the clock was set back since.
    if (outcome->state != nullptr) ExpireNext(room_id, *outcome->state);
  });
}

void RoomApplication::ExpireEdge(const std::string& edge_id) {
  std::vector<std::string> room_ids;
  {
    const absl::MutexLock lock(&mutex_);
    for (const auto& [hash, room] : rooms_) room_ids.push_back(room.room_id);
  }
  for (const std::string& room_id : room_ids) ExpireEdge(edge_id, room_id);
}

void RoomApplication::ExpireEdge(const std::string& edge_id, const std::string& room_id) {
  // It may have come back while this was to be tried again, and holds its connections still.
  if (leases_.Holds(edge_id)) return;
  Execute(
      Call{}, room_id, room::ExpireEdge{edge_id}, [](const Room&, const Events&) { return Reply{}; },
      [this, edge_id, room_id](const absl::StatusOr<RoomHost::Outcome>& outcome) {
        if (outcome.ok() || Is(outcome.status(), kRoomNotFound)) return;
        timers_.At(clock_.Now() + kExpireRetryPause,
                   [this, edge_id, room_id] { ExpireEdge(edge_id, room_id); });
      });
}

}  // namespace parley::room
