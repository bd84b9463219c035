#pragma once

#include <string>
#include <vector>

#include "edge/fanout/broadcast.h"
#include "edge/server/worker.h"

namespace parley::edge {

/// A socket's place in a room: lets through what its participant may hear, once and in order. Until it is
/// activated it holds back what happens, because what the participant is told first must be the room as it
/// was found. Worker thread only.
class Member {
 public:
  /// Hears of what happens in the room, and of what ends the membership from outside.
  class Listener {
   public:
    virtual ~Listener() = default;
    /// Something that the participant may hear of: an event for its socket.
    virtual void OnNews(const socketio::SharedEvent& event) = 0;
    /// The room is no more; the socket has been told.
    virtual void OnRoomDestroyed() = 0;
    /// The socket has missed events for good.
    virtual void OnEventsMissed() = 0;
    /// The participant has left otherwise than by this socket's doing: it was given up.
    virtual void OnGivenUp() = 0;
    /// The participant takes part by this connection from now on, which may be this socket's.
    virtual void OnReconnected(const std::string& connection_id) = 0;
  };

  /// `worker` is the socket's; the listener must live until Leave.
  Member(server::Worker& worker, Listener& listener) : worker_(worker), listener_(listener) {}

  server::Worker& worker() const { return worker_; }

  /// Says whom this is the place of, and which positions the client knows of.
  void Begin(std::string participant_id, storage::Position room, storage::Position messages);

  /// Passes on a step that the client has missed, as far as it is for its participant. It ends nothing: what
  /// became of the participant then concerned the connections that it had before. After Begin and before
  /// Activate.
  void Replay(const Broadcast& broadcast);

  /// From now on everything is passed on that follows, beginning with what was held back. After Begin.
  void Activate();

  /// What the client has been told up to.
  storage::Position position(Source source) const { return positions_[static_cast<int>(source)]; }

  void Receive(const SharedBroadcast& broadcast);

  /// Nothing is passed on any more.
  void Leave();

 private:
  enum class State { kHoldingBack, kActive, kLeft };

  void PassOn(const Broadcast& broadcast);
  /// Tells what follows the position, and moves that; false when the step doesn't follow.
  bool Tell(const Broadcast& broadcast);
  bool IsInAudience(const common::v1::Audience& audience) const;

  // Constant after construction.
  server::Worker& worker_;
  Listener& listener_;

  State state_ = State::kHoldingBack;
  std::vector<SharedBroadcast> held_back_;
  std::string participant_id_;
  /// By Source.
  storage::Position positions_[2];
};

}  // namespace parley::edge
