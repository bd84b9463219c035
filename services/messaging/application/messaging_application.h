#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/aggregate/aggregate_host.h"
#include "common/clock/clock.h"
#include "common/ids/ids.h"
#include "common/storage/log_store.h"
#include "services/messaging/application/membership_directory.h"
#include "services/messaging/application/room_source.h"
#include "services/messaging/domain/commands.h"
#include "services/messaging/store/messaging_codec.h"

namespace parley::messaging {

/// Who asks what room for something, and until when the answer is of use.
struct Call {
  RoomReference room;
  std::string participant_id;
  std::string key;
  /// Empty when the caller will not repeat the call.
  std::string request_id;
  Time deadline;
};

/// What one participant may see of a room.
struct MessageListing {
  MessagePage page;
  /// Of messaging-service's own sequence of the room.
  storage::Position position;
  /// Those whom the page names but who are in the room no longer.
  std::vector<ParticipantName> former_participants;
};

/// What messaging-service does: leads every call through the room's membership to the room's messages.
///
/// All members may be called from any thread. Callbacks are called exactly once, before the member returns or
/// later.
class MessagingApplication final : private MembershipDirectory::Listener {
 public:
  using Host = AggregateHost<MessagingCodec>;

  /// How much there is.
  struct Totals {
    std::size_t rooms = 0;
    std::size_t messages = 0;
    /// What the messages take in memory, about.
    std::size_t bytes = 0;
  };

  struct Settings {
    SendLimit send_limit{};
    /// How long a call may wait for room-service, whatever its own deadline is.
    Duration longest_wait{3'000};
    /// How many bytes the messages of one room, and those of all, may take in memory, give or take those that
    /// are decided on at the same time. What would exceed the first is refused with HISTORY_FULL, what would
    /// exceed the second with STORAGE_UNAVAILABLE.
    std::size_t max_room_history_bytes = std::numeric_limits<std::size_t>::max();
    std::size_t max_history_bytes = std::numeric_limits<std::size_t>::max();
    /// Told whenever they change; under a lock, from any thread. May be null.
    std::function<void(const Totals&)> on_totals = nullptr;
  };

  /// Follows the messages of one room.
  class Watcher : public Host::Subscriber {
   public:
    /// Whether UnwatchMessages was called, or is about to be. From any thread.
    virtual bool cancelled() const = 0;
  };

  /// All must outlive the application, and it every callback of theirs: stop them first.
  MessagingApplication(storage::LogStore& store, RoomSource& rooms, Schedule schedule, const Clock& clock,
                       IdSource& ids, Settings settings);

  /// Where `rooms` tells its news.
  RoomSource::Observer& room_observer() { return directory_; }

  /// Takes up the rooms that the store holds, and removes those that have ended meanwhile; to be called once,
  /// when `rooms` has been started.
  absl::Status TakeUp();

  /// The errors are those of the rpcs of the same name.
  void SendMessage(const Call& call, std::optional<std::string> to, std::string content,
                   std::function<void(absl::StatusOr<Message>)> done);
  void EditMessage(const Call& call, std::string message_id, std::string content,
                   std::function<void(absl::StatusOr<Message>)> done);
  void DeleteMessage(const Call& call, std::string message_id, std::function<void(absl::Status)> done);

  /// `membership_position`: of room-service, at least as of which the room's membership has to be known.
  void ListMessages(const Call& call, std::size_t page_size,
                    std::optional<storage::Position> membership_position,
                    std::function<void(absl::StatusOr<MessageListing>)> done);
  void AwaitMembership(const std::string& room_id, storage::Position position, Time deadline,
                       std::function<void(absl::Status)> done);

  /// As AggregateHost::ReadAfter, once the room is known.
  void ListMessageEvents(const std::string& room_id, storage::Position after, Time deadline,
                         std::function<void(absl::StatusOr<EventPage<MessagingCodec>>)> done);

  /// Tells `watcher` what follows `after`, as AggregateHost::Subscribe, once the room is known.
  void WatchMessages(const std::string& room_id, std::optional<storage::Position> after,
                     const std::shared_ptr<Watcher>& watcher);
  void UnwatchMessages(const std::string& room_id, const std::shared_ptr<Watcher>& watcher);
  /// As AggregateHost::PositionOf; nothing before the room is known.
  std::optional<storage::Position> PositionOf(const std::string& room_id,
                                              const std::shared_ptr<Watcher>& watcher);

  /// Answers every call that waits, and will wait, for room-service with SHUTTING_DOWN.
  void Stop() { directory_.Stop(); }

 private:
  /// How much there is of a room.
  struct Held {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };

  struct OpenRoomInfo {
    std::uint64_t incarnation = 0;
    Held held;
  };

  struct Facts {
    Actor actor = Actor::kAbsent;
    bool recipient_present = false;
    /// Of both, as far as they are there.
    std::vector<ParticipantName> names;
  };

  /// One change of a message on its way.
  struct Command {
    /// The rpc's name.
    const char* name = "";
    Call call;
    std::string key_sha256;
    /// Of a message that is sent to one participant.
    std::optional<std::string> recipient;
    /// The room's life, or why it isn't known, and then whether those who matter are.
    absl::StatusOr<RoomLife> room = absl::UnknownError("not looked for yet");
    absl::Status learned;
    std::function<absl::StatusOr<Event>(const RoomMessages&, const Facts&, Time now)> decide;
    std::function<void(absl::StatusOr<MessagingCodec::Reply>)> done;
  };

  void OpenRoom(const RoomLife& room, std::function<void()> opened) override;
  void CloseRoom(const std::string& room_id) override;
  std::vector<std::string> FindUnnamed(const std::string& room_id,
                                       const std::vector<std::string>& participant_ids) override;

  void TakeUp(const std::string& room_id);
  /// Removes the messages of a room that is no more, when the store can.
  void CloseMessages(const std::string& room_id);
  /// Opens the room's messages, after those of another life of its id are gone.
  void OpenMessages(const RoomLife& room, std::function<void()> opened);
  void Start(std::shared_ptr<Command> command);
  /// Once the command's room and `learned` are set.
  void Execute(const std::shared_ptr<Command>& command);
  /// Asks for news of the room once if one of those who matter isn't known.
  void LearnOf(const RoomLife& room, const std::string& participant_id, const std::string& key_sha256,
               const std::optional<std::string>& recipient, std::function<void(absl::Status)> done);
  absl::StatusOr<Facts> FactsOf(const RoomLife& room, const std::string& participant_id,
                                const std::string& key_sha256, const std::optional<std::string>& recipient);
  /// What the command is to be decided on, or why it can't be.
  absl::StatusOr<Facts> FactsFor(const Command& command);
  void ListKnown(const RoomLife& room, const Call& call, const std::string& key_sha256, std::size_t page_size,
                 const std::function<void(absl::StatusOr<MessageListing>)>& done);
  Time Limited(Time deadline) const;
  /// The incarnation of a room's messages. It is another one when the room is, and when the messages were
  /// lost although the room was not: nobody may take the new ones for what followed the old ones.
  std::uint64_t LogIncarnation(const RoomLife& room) const;
  /// Whether there is room for what an event adds.
  absl::Status CheckSpace(const RoomMessages& state, const Event& event);
  void Count(const std::string& room_id, Held held);
  void CountLocked(OpenRoomInfo& room, Held held) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const Schedule schedule_;
  const Clock& clock_;
  IdSource& ids_;
  const Settings settings_;

  storage::LogStore& store_;
  const std::uint64_t epoch_;

  Host host_;
  MembershipDirectory directory_;

  absl::Mutex mutex_;
  /// The rooms that are to be open.
  absl::flat_hash_map<std::string, OpenRoomInfo> rooms_ ABSL_GUARDED_BY(mutex_);
  Totals totals_ ABSL_GUARDED_BY(mutex_);
  /// The log has been told that all rooms together hold as much as they may.
  bool told_full_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace parley::messaging
