#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/storage/log_store.h"
#include "edge/socketio/encoded_event.h"
#include "parley/common/v1/watch.pb.h"

namespace parley::edge {

/// The two sequences of events that every room has.
enum class Source { kRoom, kMessages };

/// One step of a room on its way to this edge's sockets: encoded once, immutable, shared by all workers.
struct Broadcast {
  enum class Kind {
    /// `events` are for `audience`.
    kEvents,
    /// As kEvents, and the room is no more.
    kDestroyed,
    /// The source begins to count anew at `position`: the service has lost its memory.
    kRepositioned,
    /// Events were missed and can't be had any more: clients have to join again to see the room as it is.
    kMissed,
  };

  Source source = Source::kRoom;
  Kind kind = Kind::kEvents;
  /// Where the source stands after it. Incarnation 0: whatever was known of the source, this holds.
  storage::Position position;
  common::v1::Audience audience;
  std::vector<socketio::SharedEvent> events;
  /// The participant that this ends the membership of; empty for none: it has left, or takes part by
  /// `connection_id` from now on.
  std::string participant_id;
  std::string connection_id;
};

using SharedBroadcast = std::shared_ptr<const Broadcast>;

}  // namespace parley::edge
