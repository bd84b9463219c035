#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/messaging/application/room_source.h"

namespace parley::messaging {

/// The key that everybody in a FakeRooms has.
std::string KeyOf(const std::string& participant_id);

/// room-service as a test plays it: what is true, and when the news of it arrive. News are told by Deliver
/// only, and questions are answered at once unless the test holds them back. For one thread.
class FakeRooms final : public RoomSource {
 public:
  /// To be called before everything else.
  void set_observer(Observer* observer) { observer_ = observer; }

  // What happens at room-service. Each returns the position that it leads to.
  storage::Position Create(const std::string& room_id, std::uint64_t incarnation);
  storage::Position Join(const std::string& room_id, const std::string& participant_id);
  storage::Position Rename(const std::string& room_id, const std::string& participant_id,
                           const std::string& name);
  storage::Position Leave(const std::string& room_id, const std::string& participant_id);
  void Destroy(const std::string& room_id);

  /// Tells the news that have come up since; also those that come up meanwhile.
  void Deliver();

  /// The watch broke and was opened again: what was not told is lost, and every followed room begins with a
  /// snapshot or its end.
  void Reconnect();

  /// Questions are answered with UNAVAILABLE, and Follow is not heard before Reconnect.
  void set_away(bool away) { away_ = away; }

  /// Questions wait for AnswerGets.
  void set_hold_gets(bool hold) { hold_gets_ = hold; }
  /// Answers those that wait with what is true now, or was when they were asked. Returns how many there were.
  enum class AsOf { kNow, kAsked };
  std::size_t AnswerGets(AsOf as_of = AsOf::kNow);
  /// How many questions were asked so far.
  int gets() const { return gets_; }

  bool IsFollowed(const std::string& room_id) const { return followed_.contains(room_id); }

  void Follow(const std::string& room_id) override;
  void Get(const RoomReference& room, Duration timeout,
           std::function<void(absl::StatusOr<RoomView>)> done) override;

 private:
  struct Question {
    RoomReference room;
    absl::StatusOr<RoomView> when_asked;
    std::function<void(absl::StatusOr<RoomView>)> done;
  };

  storage::Position Happen(
      const std::string& room_id,
      std::variant<MemberJoined, MemberLeft, MemberRenamed, RoomDestroyed, OtherChange> what);
  void TellState(const std::string& room_id);
  absl::StatusOr<RoomView> Find(const RoomReference& room) const;

  Observer* observer_ = nullptr;
  std::map<std::string, RoomView> rooms_;
  std::set<std::string> followed_;
  std::deque<std::function<void()>> news_;
  std::vector<Question> questions_;
  bool away_ = false;
  bool hold_gets_ = false;
  int gets_ = 0;
};

}  // namespace parley::messaging
