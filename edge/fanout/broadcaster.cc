#include "edge/fanout/broadcaster.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "common/grpc/position_conversion.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "edge/fanout/event_encoder.h"

namespace parley::edge {

namespace net = boost::asio;

namespace {

/// No room has an id as long.
constexpr std::size_t kMaxRoomIdBytes = 1'000;

template <typename Watch>
constexpr Source kSourceOf = std::is_same_v<Watch, RoomWatch> ? Source::kRoom : Source::kMessages;

}  // namespace

/// A coroutine that waits until a room is followed. On its worker's thread, once the broadcaster has posted
/// there.
struct Broadcaster::Waiter {
  explicit Waiter(server::Worker& waiting) : worker(waiting), timer(waiting.executor()) {}

  server::Worker& worker;
  server::Timer timer;
  std::optional<absl::Status> status;
};

template <typename Watch>
class Broadcaster::Feed final : public Watch::Observer {
 public:
  explicit Feed(Broadcaster& broadcaster)
      : broadcaster_(broadcaster), batches_(broadcaster.workers_.size()) {}

  void OnSnapshot(const std::string& room_id, const typename Watch::Snapshot& snapshot, bool first) override {
    const storage::Position position = rpc::FromProto(snapshot.position());
    if (first) return broadcaster_.Confirm(kSource, room_id, position.incarnation);
    log::Warning("events of a room were missed",
                 {{"room_id", room_id}, {"source", static_cast<int>(kSource)}});
    Broadcast broadcast;
    broadcast.source = kSource;
    broadcast.kind = broadcaster_.OnRepeatedSnapshot(kSource, room_id, position.incarnation);
    broadcast.position = position;
    Add(room_id, std::make_shared<const Broadcast>(std::move(broadcast)));
  }

  void OnEvent(const std::string& room_id, const typename Watch::Event& event) override {
    const std::vector<bool> workers = broadcaster_.WorkersOf(room_id);
    if (workers.empty()) return;
    if (SharedBroadcast broadcast = EncodeBroadcast(event)) Add(workers, room_id, broadcast);
  }

  void OnEnded(const std::string& room_id, typename Watch::EndReason reason) override {
    const std::vector<bool> workers = broadcaster_.WorkersOf(room_id);
    // A room that is destroyed is told of by room-service's event, whose watch ends it here too.
    const bool expected = kSource == Source::kMessages && reason == EndedReason::REASON_ROOM_DESTROYED;
    if (!expected && broadcaster_.End(room_id)) Add(workers, room_id, MakeDestroyedBroadcast());
  }

  void OnBatchEnd() override {
    for (std::size_t worker = 0; worker < batches_.size(); ++worker) {
      if (!batches_[worker].empty()) broadcaster_.Post(worker, std::exchange(batches_[worker], {}));
    }
  }

  // What is heard of the service is worth nothing if it gets no further.
  void OnHeartbeat() override { broadcaster_.probe_.Ask(WorkerProbe::Clock::now()); }

 private:
  using EndedReason = common::v1::SubscriptionEnded;
  static constexpr Source kSource = kSourceOf<Watch>;

  void Add(const std::string& room_id, const SharedBroadcast& broadcast) {
    Add(broadcaster_.WorkersOf(room_id), room_id, broadcast);
  }

  void Add(const std::vector<bool>& workers, const std::string& room_id, const SharedBroadcast& broadcast) {
    for (std::size_t worker = 0; worker < workers.size(); ++worker) {
      if (workers[worker]) batches_[worker].emplace_back(room_id, broadcast);
    }
  }

  // Constant after construction.
  Broadcaster& broadcaster_;
  // Touched within the watch's calls only, which come one at a time.
  std::vector<std::vector<Delivery>> batches_;
};

Broadcaster::Broadcaster(server::WorkerPool& workers, RoomClient& rooms, MessagingClient& messages)
    : workers_(workers),
      local_(workers.size()),
      probe_(workers),
      room_feed_(std::make_unique<Feed<RoomWatch>>(*this)),
      message_feed_(std::make_unique<Feed<MessageWatch>>(*this)),
      room_watch_(rooms.MakeWatch(*room_feed_)),
      message_watch_(messages.MakeWatch(*message_feed_)) {}

Broadcaster::~Broadcaster() = default;

net::awaitable<absl::Status> Broadcaster::Attach(std::string room_id, std::shared_ptr<Member> member,
                                                 std::chrono::milliseconds timeout) {
  // A watch's request that is larger than gRPC takes would break the stream of all rooms.
  if (room_id.size() > kMaxRoomIdBytes) co_return MakeError(kRoomNotFound);
  server::Worker& worker = member->worker();
  LocalRooms& local = local_[worker.index()];
  std::shared_ptr<Waiter> waiter;
  {
    const absl::MutexLock lock(&mutex_);
    auto [found, created] = rooms_.try_emplace(room_id);
    if (created) {
      found->second = std::make_shared<Room>();
      found->second->id = room_id;
      found->second->members_by_worker.resize(workers_.size());
    }
    Room& room = *found->second;
    ++room.members_by_worker[worker.index()];
    local.by_id[room_id].push_back(member);
    local.attached.emplace(member.get(), found->second);
    if (!room.confirmed[0] || !room.confirmed[1]) {
      waiter = std::make_shared<Waiter>(worker);
      room.waiters.push_back(waiter);
    }
    if (created) {
      room_watch_.Subscribe(room_id);
      message_watch_.Subscribe(room_id);
    }
  }
  if (!waiter) co_return absl::OkStatus();

  waiter->timer.expires_after(timeout);
  boost::system::error_code ignored;  // Cancelled or expired: `status` tells which.
  co_await waiter->timer.async_wait(net::redirect_error(net::use_awaitable, ignored));
  const absl::Status status = waiter->status.value_or(MakeError(kServiceUnavailable));
  if (!status.ok()) Detach(member);
  co_return status;
}

void Broadcaster::Detach(const std::shared_ptr<Member>& member) {
  const std::size_t worker = member->worker().index();
  LocalRooms& local = local_[worker];
  const auto attached = local.attached.find(member.get());
  if (attached == local.attached.end()) return;
  member->Leave();
  const std::shared_ptr<Room> room = std::move(attached->second);
  local.attached.erase(attached);
  const auto members = local.by_id.find(room->id);
  std::erase(members->second, member);
  if (members->second.empty()) local.by_id.erase(members);

  const absl::MutexLock lock(&mutex_);
  --room->members_by_worker[worker];
  for (const std::size_t count : room->members_by_worker) {
    if (count > 0) return;
  }
  if (!room->over) Unfollow(*room);
}

void Broadcaster::Unfollow(Room& room) {
  room.over = true;
  const std::string id = room.id;
  rooms_.erase(id);  // May destroy `room`.
  room_watch_.Unsubscribe(id);
  message_watch_.Unsubscribe(id);
}

std::vector<bool> Broadcaster::WorkersOf(const std::string& room_id) {
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return {};
  std::vector<bool> workers;
  workers.reserve(workers_.size());
  for (const std::size_t count : found->second->members_by_worker) workers.push_back(count > 0);
  return workers;
}

void Broadcaster::Confirm(Source source, const std::string& room_id, std::uint64_t incarnation) {
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return;
  Room& room = *found->second;
  room.confirmed[static_cast<int>(source)] = true;
  room.incarnation[static_cast<int>(source)] = incarnation;
  if (room.confirmed[0] && room.confirmed[1]) Wake(room, absl::OkStatus());
}

Broadcast::Kind Broadcaster::OnRepeatedSnapshot(Source source, const std::string& room_id,
                                                std::uint64_t incarnation) {
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return Broadcast::Kind::kMissed;
  std::uint64_t& known = found->second->incarnation[static_cast<int>(source)];
  // Of a room that began anew nothing was missed: everybody who was in the old one is in none.
  const bool anew = known != incarnation && source == Source::kMessages;
  known = incarnation;
  return anew ? Broadcast::Kind::kRepositioned : Broadcast::Kind::kMissed;
}

bool Broadcaster::End(const std::string& room_id) {
  const absl::MutexLock lock(&mutex_);
  const auto found = rooms_.find(room_id);
  if (found == rooms_.end()) return false;
  const std::shared_ptr<Room> room = found->second;
  const bool had_members = room->confirmed[0] && room->confirmed[1];
  Wake(*room, MakeError(kRoomNotFound));
  Unfollow(*room);
  return had_members;
}

void Broadcaster::Wake(Room& room, const absl::Status& status) {
  for (const auto& waiter : std::exchange(room.waiters, {})) {
    net::post(waiter->worker.executor(), [waiter, status] {
      waiter->status = status;
      waiter->timer.cancel();
    });
  }
}

void Broadcaster::Post(std::size_t worker, std::vector<Delivery> deliveries) {
  net::post(workers_.at(worker).executor(),
            [this, worker, deliveries = std::move(deliveries)] { DeliverLocally(worker, deliveries); });
}

void Broadcaster::DeliverLocally(std::size_t worker, const std::vector<Delivery>& deliveries) {
  LocalRooms& local = local_[worker];
  for (const auto& [room_id, broadcast] : deliveries) {
    const auto found = local.by_id.find(room_id);
    if (found == local.by_id.end()) continue;
    const bool may_end_memberships =
        broadcast->kind != Broadcast::Kind::kEvents || !broadcast->participant_id.empty();
    if (!may_end_memberships) {
      for (const auto& member : found->second) member->Receive(broadcast);
    } else {
      // Members may detach while they are told.
      const std::vector<std::shared_ptr<Member>> members = found->second;
      for (const auto& member : members) member->Receive(broadcast);
    }
  }
}

}  // namespace parley::edge
