#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/clock/timer_queue.h"
#include "common/ids/ids.h"
#include "common/storage/log_store.h"
#include "prometheus/gauge.h"
#include "services/room/application/edge_leases.h"
#include "services/room/application/return_grace.h"
#include "services/room/domain/commands.h"
#include "services/room/domain/room.h"
#include "services/room/store/room_codec.h"

namespace parley::room {

/// What belongs to a request of whatever kind.
struct Call {
  /// Empty when the caller will not repeat it.
  std::string request_id;
  /// When the caller stops waiting: a command whose turn comes later is not started.
  Time deadline = Time::max();
};

// Answers. What a pointer in them points to is valid during the callback only.

struct CreatedRoom {
  const Room* room;
  Position position;
};

/// Who a participant is, and its secret.
struct Credentials {
  std::string participant_id;
  std::string key;
};

struct JoinedRoom {
  Credentials credentials;
  /// With the new participant in it.
  const Room* room;
  Position position;
};

struct ReconnectedParticipant {
  const Room* room;
  Position position;
};

struct UpdatedMediaState {
  MediaState media_state;
  Position position;
};

/// What room-service can do. Every command calls `done` exactly once, before it returns or later, on any
/// thread. Refusals are as in the domain (services/room/domain/commands.h) and
///   INVALID_REQUEST: the request id was used for another request
///   DEADLINE_EXCEEDED: the caller has stopped waiting
///   SERVICE_UNAVAILABLE: the store is away
///   STORAGE_UNAVAILABLE: the store can't write; the command had no effect
/// All members may be called from any thread.
class RoomApplication {
 public:
  template <typename Answer>
  using Done = std::function<void(absl::StatusOr<Answer>)>;
  using Subscriber = RoomHost::Subscriber;

  struct Options {
    /// How long a new room waits for somebody to join.
    Duration join_timeout{10'000};
    /// How many participants one room takes; 0 is no limit.
    std::size_t max_participants = 500;
    /// How long a participant whose connection broke is waited for.
    Duration reconnect_grace{10'000};
    /// How long an edge is taken for alive that isn't heard of.
    Duration edge_lease{15'000};
  };

  /// All references must outlive the application. `timers` is for the application alone, which stops it when
  /// it is destroyed.
  RoomApplication(storage::LogStore& store, const Clock& clock, IdSource& ids, TimerQueue& timers,
                  Options options);

  /// No command may be under way.
  ~RoomApplication();

  RoomApplication(const RoomApplication&) = delete;
  RoomApplication& operator=(const RoomApplication&) = delete;

  /// Takes up the rooms that the store holds; to be called once, before everything else.
  absl::Status Start();

  void CreateRoom(const Call& call, std::optional<std::string> name, Done<CreatedRoom> done);
  /// `chosen` is who the participant is to be; nobody in particular when absent.
  void JoinRoom(const Call& call, const std::string& room_id, std::optional<std::string> name,
                Connection connection, std::optional<Credentials> chosen, Done<JoinedRoom> done);
  void LeaveRoom(const Call& call, const std::string& room_id, room::LeaveRoom command, Done<Position> done);
  void DisconnectParticipant(const Call& call, const std::string& room_id, const Actor& actor,
                             std::string connection_id, Done<Position> done);
  void ReconnectParticipant(const Call& call, const std::string& room_id, room::ReconnectParticipant command,
                            Done<ReconnectedParticipant> done);
  void UpdateName(const Call& call, const std::string& room_id, room::UpdateName command,
                  Done<Position> done);
  void UpdateMediaState(const Call& call, const std::string& room_id, room::UpdateMediaState command,
                        Done<UpdatedMediaState> done);

  /// The edge is alive. Returns for how long that holds.
  Duration RenewLease(const std::string& edge_id);

  /// Calls `read` with the room as it is, or returns why it can't. `read` must be quick and not call the
  /// application.
  absl::Status GetRoom(const std::string& room_id, const std::function<void(const Room&, Position)>& read);

  /// As AggregateHost::ReadAfter.
  absl::StatusOr<EventPage<RoomCodec>> ListRoomEvents(const std::string& room_id, Position after);

  /// The id of the room whose id has this MD5; ROOM_NOT_FOUND.
  absl::StatusOr<std::string> FindRoomId(const std::string& room_id_hash);

  /// As AggregateHost::Subscribe, Unsubscribe and PositionOf.
  void Subscribe(const std::string& room_id, std::optional<Position> after,
                 const std::shared_ptr<Subscriber>& subscriber);
  void Unsubscribe(const std::string& room_id, const std::shared_ptr<Subscriber>& subscriber);
  std::optional<Position> PositionOf(const std::string& room_id,
                                     const std::shared_ptr<Subscriber>& subscriber);

 private:
  struct KnownRoom {
    std::string room_id;
    std::size_t participants = 0;
  };

  void TryCreateRoom(const Call& call, std::optional<std::string> name, Done<CreatedRoom> done, int attempt);

  /// Joins the domain's decision with the caller's deadline and the reply that is kept, which `reply` makes
  /// of the room before the command and its events.
  template <typename Command, typename MakeReply>
  RoomHost::Decide MakeDecide(const Call& call, Command command, MakeReply reply);

  /// Leads a command of an existing room through the host.
  template <typename Command, typename MakeReply>
  void Execute(const Call& call, const std::string& room_id, Command command, MakeReply reply,
               RoomHost::Done done);

  enum class News {
    kHappened,
    /// It was stored before this process began.
    kTakenUp,
  };

  /// Keeps the index and the gauges in step with a room, which is null when it is gone.
  void Note(const std::string& room_id, const Room* room, News news = News::kHappened);

  /// Looks at the room again at `when` at the latest, for what it does by itself.
  void ExpireAt(const std::string& room_id, Time when);
  void ExpireNext(const std::string& room_id, const Room& room);
  void Expire(const std::string& room_id);

  /// Those whose connections a dead edge held leave.
  void ExpireEdge(const std::string& edge_id);
  void ExpireEdge(const std::string& edge_id, const std::string& room_id);

  // Constant after construction.
  storage::LogStore& store_;
  const Clock& clock_;
  IdSource& ids_;
  TimerQueue& timers_;
  const Options options_;
  prometheus::Gauge& rooms_gauge_;
  prometheus::Gauge& participants_gauge_;

  RoomHost host_;
  EdgeLeases leases_;
  ReturnGrace grace_;

  absl::Mutex mutex_;
  /// By the MD5 of the room's id.
  std::unordered_map<std::string, KnownRoom> rooms_ ABSL_GUARDED_BY(mutex_);
  /// When each room is looked at next, by its id: one timer for all who are away, however often they go.
  std::unordered_map<std::string, Time> next_looks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::room
