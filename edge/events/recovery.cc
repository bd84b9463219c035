// A client that comes back from another edge, or to one that was started anew, and goes on where it was.

#include <boost/asio/co_spawn.hpp>
#include <utility>
#include <vector>

#include "common/grpc/position_conversion.h"
#include "common/log/log.h"
#include "edge/events/bookmark.h"
#include "edge/events/client_session.h"
#include "edge/fanout/event_encoder.h"

namespace parley::edge {

namespace net = boost::asio;

namespace {

/// Reads all events after `position` by as many calls of `rpc` as that takes.
template <typename Client, typename Request, typename Response>
net::awaitable<absl::StatusOr<std::vector<SharedBroadcast>>> ReadMissed(
    Client& client, Reply<Response> (Client::*rpc)(Request), std::string room_id,
    storage::Position position) {
  std::vector<SharedBroadcast> missed;
  for (bool more = true; more;) {
    Request request;
    request.set_room_id(room_id);
    *request.mutable_after() = rpc::ToProto(position);
    const absl::StatusOr<Response> page = co_await (client.*rpc)(std::move(request));
    if (!page.ok()) co_return page.status();
    for (const auto& event : page->events()) {
      position = rpc::FromProto(event.position());
      if (SharedBroadcast broadcast = EncodeBroadcast(event)) missed.push_back(std::move(broadcast));
    }
    more = page->has_more();
  }
  co_return missed;
}

}  // namespace

void ClientSession::Recover(const std::string& text, std::function<void(bool)> recovered) {
  running_ = true;
  net::co_spawn(
      socket_->worker().executor(),
      [self = shared_from_this(), bookmark = ParseBookmark(text, socket_->pid()),
       recovered = std::move(recovered)]() -> net::awaitable<void> {
        absl::Status status = absl::InvalidArgumentError("the bookmark is none");
        if (bookmark) status = co_await self->GoOn(*bookmark);
        if (!status.ok()) {
          log::Info("client not recovered",
                    {{"socket_id", self->socket_->id()}, {"cause", status.ToString()}});
        }
        self->running_ = false;
        recovered(status.ok());
        // Whom the client has become by then has to be given up again.
        if (!status.ok()) self->OnDisconnect("transport close");
      },
      [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
}

net::awaitable<absl::Status> ClientSession::GoOn(Bookmark bookmark) {
  const auto member = std::make_shared<Member>(socket_->worker(), *this);
  member_ = member;
  const absl::Status attached =
      co_await services_.broadcaster.Attach(bookmark.room_id, member, services_.attach_timeout);
  if (!attached.ok()) {
    member_ = nullptr;
    co_return attached;
  }
  participation_ = Participation{bookmark.room_id, {}};
  participation_->credentials.set_participant_id(bookmark.participant_id);
  participation_->credentials.set_key(bookmark.key);
  auto reconnect = MakeRoomRequest<room::v1::ReconnectParticipantRequest>();
  *reconnect.mutable_connection() = MakeConnection();
  const auto reconnected = co_await services_.rooms.ReconnectParticipant(std::move(reconnect));
  if (!reconnected.ok()) {
    // An answer that was lost may have been a yes.
    if (!absl::IsUnavailable(reconnected.status())) participation_.reset();
    co_return reconnected.status();
  }

  // Read only now, so that nothing that is held back tells of the connections that this one replaces.
  const auto room_events =
      co_await ReadMissed(services_.rooms, &RoomClient::ListRoomEvents, bookmark.room_id, bookmark.room);
  if (!room_events.ok()) co_return room_events.status();
  const auto message_events = co_await ReadMissed(services_.messages, &MessagingClient::ListMessageEvents,
                                                  bookmark.room_id, bookmark.messages);
  if (!message_events.ok()) co_return message_events.status();
  member->Begin(bookmark.participant_id, bookmark.room, bookmark.messages);
  for (const auto* events : {&*room_events, &*message_events}) {
    for (const SharedBroadcast& broadcast : *events) member->Replay(*broadcast);
  }
  member->Activate();
  log::Info("client recovered", {{"socket_id", socket_->id()},
                                 {"room_id", bookmark.room_id},
                                 {"participant_id", bookmark.participant_id}});
  co_return absl::OkStatus();
}

void ClientSession::MarkPosition() {
  if (socket_->pid().empty() || !participation_ || !member_) return;
  socket_->SetBookmark(ToText({participation_->room_id, participation_->credentials.participant_id(),
                               participation_->credentials.key(), member_->position(Source::kRoom),
                               member_->position(Source::kMessages)},
                              socket_->pid()));
}

}  // namespace parley::edge
