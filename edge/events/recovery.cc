// A client that comes back from another edge, or to one that was started anew, and goes on where it was.

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <utility>
#include <vector>

#include "common/grpc/position_conversion.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "edge/events/bookmark.h"
#include "edge/events/client_session.h"
#include "edge/fanout/event_encoder.h"

namespace parley::edge {

namespace net = boost::asio;

namespace {

/// How many events of a room, and how many of its messages, are read for one client. It may ask for more than
/// it has missed, and what is read is in memory until it is replayed.
constexpr std::size_t kMostMissed = 1'024;

/// Reads all events after `position` by as many calls of `rpc` as that takes; POSITION_NOT_SERVED when they
/// are too many.
template <typename Client, typename Request, typename Response>
net::awaitable<absl::StatusOr<std::vector<SharedBroadcast>>> ReadMissed(
    Client& client, Reply<Response> (Client::*rpc)(Request), std::string room_id,
    storage::Position position) {
  std::vector<SharedBroadcast> missed;
  std::size_t count = 0;
  for (bool more = true; more;) {
    Request request;
    request.set_room_id(room_id);
    *request.mutable_after() = rpc::ToProto(position);
    const absl::StatusOr<Response> page = co_await (client.*rpc)(std::move(request));
    if (!page.ok()) co_return page.status();
    count += static_cast<std::size_t>(page->events_size());
    if (count > kMostMissed) co_return MakeError(kPositionNotServed, "too much was missed");
    for (const auto& event : page->events()) {
      position = rpc::FromProto(event.position());
      if (SharedBroadcast broadcast = EncodeBroadcast(event)) missed.push_back(std::move(broadcast));
    }
    more = page->has_more();
  }
  co_return missed;
}

/// What of `missed` happened until the participant came back by `connection_id`, that included.
std::vector<SharedBroadcast> UntilReturn(std::vector<SharedBroadcast> missed,
                                         const std::string& connection_id) {
  const auto is_return = [&](const SharedBroadcast& step) { return step->connection_id == connection_id; };
  const auto found = std::find_if(missed.begin(), missed.end(), is_return);
  if (found != missed.end()) missed.erase(found + 1, missed.end());
  return missed;
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

  // What is replayed ends nothing, and what is held back may. So all that tells of the connections that this
  // one replaces is replayed, and nothing that may tell of one that replaces this one: that is held back.
  auto room_events =
      co_await ReadMissed(services_.rooms, &RoomClient::ListRoomEvents, bookmark.room_id, bookmark.room);
  if (!room_events.ok()) co_return room_events.status();
  const std::vector<SharedBroadcast> until_return = UntilReturn(*std::move(room_events), connection_id_);
  const auto message_events = co_await ReadMissed(services_.messages, &MessagingClient::ListMessageEvents,
                                                  bookmark.room_id, bookmark.messages);
  if (!message_events.ok()) co_return message_events.status();
  member->Begin(bookmark.participant_id, bookmark.room, bookmark.messages);
  for (const auto* events : {&until_return, &*message_events}) {
    for (const SharedBroadcast& broadcast : *events) member->Replay(*broadcast);
  }
  member->Activate();
  if (!socket_->connected()) co_return absl::AbortedError("it has lost its place again meanwhile");
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
