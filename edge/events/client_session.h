#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/ids/ids.h"
#include "edge/events/bookmark.h"
#include "edge/events/event_table.h"
#include "edge/fanout/broadcaster.h"
#include "edge/fanout/member.h"
#include "edge/limits/limit.h"
#include "edge/limits/token_bucket.h"
#include "edge/rpc/insist.h"
#include "edge/rpc/messaging_client.h"
#include "edge/rpc/room_client.h"
#include "edge/socketio/application.h"
#include "edge/socketio/socket.h"

namespace parley::edge {

class SessionTracker;

/// What every session works with; all of it outlives the sessions.
struct Services {
  RoomClient& rooms;
  MessagingClient& messages;
  Broadcaster& broadcaster;
  IdSource& ids;
  /// Tells this edge from all others, and from those that ran here before.
  const std::string edge_id;
  SessionTracker& tracker;
  /// How long a joiner waits until this edge follows the room.
  std::chrono::milliseconds attach_timeout;
  /// How fast a client may send events.
  limits::Rate event_rate;
};

/// One client: translates its events into calls of the services, one after another, and is its place in a
/// room. Holds no rule of rooms or messages. Worker thread only.
class ClientSession final : public socketio::SocketHandler,
                            public Member::Listener,
                            public std::enable_shared_from_this<ClientSession> {
 public:
  ClientSession(const Services& services, std::shared_ptr<socketio::Socket> socket);
  ~ClientSession() override;

  /// Goes on where the client was on another edge, as `bookmark` says; `recovered` hears, once, whether it
  /// could. To be called first, if at all; the session is of no use when it couldn't.
  void Recover(const std::string& bookmark, std::function<void(bool)> recovered);

  void OnEvent(socketio::Event event) override;
  void OnConnectionLost() override;
  void OnConnectionRecovered() override;
  void OnDisconnect(std::string_view reason) override;
  void OnNews(const socketio::SharedEvent& event) override;
  void OnRoomDestroyed() override;
  void OnEventsMissed() override;
  void OnGivenUp() override;
  void OnReconnected(const std::string& connection_id) override;

  // The events of event_table.cc.
  boost::asio::awaitable<EventResult> CreateRoom(Arguments arguments);
  boost::asio::awaitable<EventResult> JoinRoom(Arguments arguments);
  boost::asio::awaitable<EventResult> LeaveRoom(Arguments arguments);
  boost::asio::awaitable<EventResult> UpdateName(Arguments arguments);
  boost::asio::awaitable<EventResult> UpdateMediaState(Arguments arguments);
  boost::asio::awaitable<EventResult> SendMessage(Arguments arguments);
  boost::asio::awaitable<EventResult> EditMessage(Arguments arguments);
  boost::asio::awaitable<EventResult> DeleteMessage(Arguments arguments);
  boost::asio::awaitable<EventResult> GetRtpCapabilities(Arguments arguments);
  boost::asio::awaitable<EventResult> RefuseMedia(Arguments arguments);

 private:
  /// The participant that this client is.
  struct Participation {
    std::string room_id;
    room::v1::Credentials credentials;
  };

  /// Starts Run unless it runs.
  void Start();
  /// Works off the events; one such coroutine runs as long as there are any.
  boost::asio::awaitable<void> Run();
  boost::asio::awaitable<void> HandleEvent(socketio::Event event);
  void Answer(const socketio::Event& event, const EventResult& result);
  void Enqueue(socketio::Event event, std::size_t size);
  /// There must be one.
  socketio::Event TakeEvent();
  void DropEvents();
  /// The limit that this client is over by sending an event of `size` bytes; nothing when it may.
  std::optional<limits::Limit> OverLimit(std::size_t size);
  void RefuseTooFast(const socketio::Event& event, limits::Limit limit);

  /// Brings room-service to know whether the client is there; works off whatever has changed in that.
  boost::asio::awaitable<void> TellPresence();
  room::v1::Connection MakeConnection() const;

  /// Joins as a new participant, or as the one that `participant` proves to be. When it isn't known whether a
  /// new one has joined, sees to it that it leaves.
  boost::asio::awaitable<absl::StatusOr<room::v1::JoinRoomResponse>> Enter(
      const std::string& room_id, std::optional<std::string> name,
      std::optional<room::v1::Credentials> participant);

  boost::asio::awaitable<absl::Status> GoOn(Bookmark bookmark);

  /// Lets the client know where it stands, if it may come back by that.
  void MarkPosition();

  /// Makes sure that somebody leaves who may have joined without its being known.
  void Abandon(Participation participation);

  /// Leaves the room for good.
  boost::asio::awaitable<absl::Status> Leave(Participation participation, Patience patience);
  void Detach();

  /// A new request id, so that a repeated call takes effect once.
  std::string RequestId() { return services_.ids.Uuid(); }

  /// A request of this participant to room-service or messaging-service, with what all of them have.
  template <typename Request>
  Request MakeRoomRequest();
  template <typename Request>
  Request MakeMessageRequest();

  // Constant after construction.
  const Services& services_;
  const std::shared_ptr<socketio::Socket> socket_;
  /// As room-service knows the connection: the socket's id, which a client keeps when it goes on by another
  /// edge, a dot, and what tells its connections apart.
  const std::string connection_id_;

  struct QueuedEvent {
    socketio::Event event;
    std::size_t size;
  };
  /// A list, because a deque takes 600 bytes even while it is empty, which it nearly always is.
  std::list<QueuedEvent> events_;
  bool running_ = false;
  bool disconnected_ = false;
  /// The client is there, and room-service takes it for there.
  bool present_ = true;
  bool told_present_ = true;
  /// It has said goodbye, or been sent away; otherwise it may come back as who it is.
  bool said_goodbye_ = false;
  /// The edge is.
  bool stopping_ = false;
  std::shared_ptr<Member> member_;
  std::optional<Participation> participation_;
};

template <typename Request>
Request ClientSession::MakeRoomRequest() {
  Request request;
  request.set_request_id(RequestId());
  request.set_room_id(participation_->room_id);
  *request.mutable_credentials() = participation_->credentials;
  return request;
}

}  // namespace parley::edge
