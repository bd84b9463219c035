#include "services/room/domain/audience.h"

namespace parley::room {
namespace {

struct AudienceOfEvent {
  // Comes before anybody is there to hear it.
  Audience operator()(const RoomCreated&) const { return Everyone{}; }
  Audience operator()(const ParticipantJoined& joined) const { return EveryoneExcept{joined.participant.id}; }
  Audience operator()(const ParticipantLeft& left) const { return EveryoneExcept{left.participant_id}; }
  Audience operator()(const ParticipantDisconnected& disconnected) const {
    return EveryoneExcept{disconnected.participant_id};
  }
  Audience operator()(const ParticipantReconnected& reconnected) const {
    return EveryoneExcept{reconnected.participant_id};
  }
  Audience operator()(const NameUpdated& updated) const { return EveryoneExcept{updated.participant_id}; }
  Audience operator()(const MediaStateUpdated& updated) const {
    return EveryoneExcept{updated.participant_id};
  }
  Audience operator()(const RoomDestroyed&) const { return Everyone{}; }
};

}  // namespace

Audience AudienceOf(const Event& event) { return std::visit(AudienceOfEvent{}, event.what); }

}  // namespace parley::room
