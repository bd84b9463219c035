#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/storage/log_store.h"

namespace parley::messaging {

/// Somebody who is in a room, as far as messages need to know.
struct Member {
  std::string id;
  std::string name;
  /// SHA-256 of the key, 32 bytes.
  std::string key_sha256;
};

/// Who is in a room at one position of room-service.
struct RoomView {
  std::string room_id;
  storage::Position position;
  std::vector<Member> members;
};

struct MemberJoined {
  Member member;
};

struct MemberLeft {
  std::string participant_id;
};

struct MemberRenamed {
  std::string participant_id;
  std::string name;
};

struct RoomDestroyed {};

/// Something that changes nothing here but the position.
struct OtherChange {};

/// One step of a room at room-service.
struct RoomChange {
  /// The position that it leads to.
  storage::Position position;
  std::variant<MemberJoined, MemberLeft, MemberRenamed, RoomDestroyed, OtherChange> what;
};

/// Names a room; exactly one is not empty.
struct RoomReference {
  std::string id;
  /// MD5 of the id, 32 lower-case hexadecimal digits.
  std::string id_hash;
};

/// Where news of rooms come from: room-service, or a test. Members may be called from any thread.
class RoomSource {
 public:
  /// Hears of the rooms that are followed: a snapshot, then changes in the order of their positions without
  /// holes, perhaps another snapshot, at last the end. One call at a time.
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnSnapshot(const RoomView& room) = 0;
    virtual void OnChange(const std::string& room_id, const RoomChange& change) = 0;
    /// There is no such room, or no more; it isn't followed any more.
    virtual void OnEnded(const std::string& room_id) = 0;
  };

  virtual ~RoomSource() = default;

  /// Begins to follow a room until it ends; passed over when it is followed already. Never calls the observer
  /// before it returns.
  virtual void Follow(const std::string& room_id) = 0;

  /// Asks once. `done` is called exactly once, perhaps before Get returns: the room, ROOM_NOT_FOUND, or
  /// UNAVAILABLE when there was no answer within `timeout`.
  virtual void Get(const RoomReference& room, Duration timeout,
                   std::function<void(absl::StatusOr<RoomView>)> done) = 0;
};

}  // namespace parley::messaging
