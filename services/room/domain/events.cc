#include "services/room/domain/events.h"

namespace parley::room {
namespace {

struct Applier {
  Room& room;
  Time at;

  void operator()(const RoomCreated& created) const {
    room = Room{};
    room.id = created.room_id;
    room.name = created.name;
    room.create_time = at;
    room.join_deadline = created.join_deadline;
  }

  void operator()(const ParticipantJoined& joined) const {
    room.participants.push_back(joined.participant);
    room.join_deadline.reset();
  }

  void operator()(const ParticipantLeft& left) const {
    std::erase_if(room.participants,
                  [&](const Participant& participant) { return participant.id == left.participant_id; });
  }

  void operator()(const ParticipantDisconnected& disconnected) const {
    if (Participant* participant = room.Find(disconnected.participant_id)) {
      participant->return_deadline = disconnected.return_deadline;
    }
  }

  void operator()(const ParticipantReconnected& reconnected) const {
    if (Participant* participant = room.Find(reconnected.participant_id)) {
      participant->connection = reconnected.connection;
      participant->return_deadline.reset();
    }
  }

  void operator()(const NameUpdated& updated) const {
    if (Participant* participant = room.Find(updated.participant_id)) participant->name = updated.name;
  }

  void operator()(const MediaStateUpdated& updated) const {
    if (Participant* participant = room.Find(updated.participant_id)) {
      participant->media_state = updated.media_state;
    }
  }

  void operator()(const RoomDestroyed&) const {
    room.participants.clear();
    room.join_deadline.reset();
    room.destroyed = true;
  }
};

}  // namespace

void Apply(Room& room, const Event& event) { std::visit(Applier{room, event.at}, event.what); }

}  // namespace parley::room
