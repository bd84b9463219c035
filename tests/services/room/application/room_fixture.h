#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/ids/digest.h"
#include "common/storage/memory_log_store.h"
#include "gtest/gtest.h"
#include "services/room/application/room_application.h"
#include "tests/support/manual_clock.h"

namespace parley::room {

/// Counts up. Room ids can be given beforehand, to see what happens when one is taken.
class CountingIdSource final : public IdSource {
 public:
  void NextRoomIds(std::deque<std::string> room_ids) {
    const absl::MutexLock lock(&mutex_);
    room_ids_ = std::move(room_ids);
  }

  std::string RoomId() override {
    const absl::MutexLock lock(&mutex_);
    if (room_ids_.empty()) return std::to_string(100'000'000 + ++count_);
    std::string room_id = std::move(room_ids_.front());
    room_ids_.pop_front();
    return room_id;
  }
  std::string Uuid() override { return absl::StrCat("participant-", ++count_); }
  std::string Key() override { return absl::StrCat("key-", ++count_); }
  std::uint64_t Incarnation() override { return ++count_; }

 private:
  std::atomic<int> count_{0};
  absl::Mutex mutex_;
  std::deque<std::string> room_ids_ ABSL_GUARDED_BY(mutex_);
};

/// The application on a clock that the test moves. Every helper waits for the answer.
class RoomFixture : public ::testing::Test {
 protected:
  struct Created {
    Room room;
    Position position;
  };
  struct Joined {
    std::string participant_id;
    std::string key;
    Room room;
    Position position;

    Actor actor() const { return {participant_id, Sha256(key)}; }
  };

  explicit RoomFixture(RoomApplication::Options options = {}) : options_(options) { Restart(); }

  /// As if the process had been started anew on what the store holds.
  void Restart() {
    application_.reset();
    timers_.emplace(clock_);
    application_.emplace(*log_store_, clock_, ids_, *timers_, options_);
    EXPECT_TRUE(application_->Start().ok());
  }

  /// Moves the clock, at a pace at which the service doesn't seem to have stood still, and waits until what
  /// is due by then has happened.
  void Advance(Duration duration) {
    constexpr Duration kPace{500};
    for (; duration > kPace; duration -= kPace) StandStill(kPace);
    StandStill(duration);
  }

  /// As if the process had been suspended meanwhile.
  void StandStill(Duration duration) {
    clock_.Advance(duration);
    testing::Settle(*timers_, clock_);
  }

  absl::StatusOr<Created> CreateRoom(std::optional<std::string> name = std::nullopt, const Call& call = {}) {
    std::promise<absl::StatusOr<Created>> answer;
    application_->CreateRoom(call, std::move(name), [&](const absl::StatusOr<CreatedRoom>& created) {
      if (created.ok()) {
        answer.set_value(Created{*created->room, created->position});
      } else {
        answer.set_value(created.status());
      }
    });
    return answer.get_future().get();
  }

  absl::StatusOr<Joined> JoinRoom(const std::string& room_id, std::optional<std::string> name = std::nullopt,
                                  const Call& call = {}, const Connection& connection = {},
                                  std::optional<Credentials> chosen = std::nullopt) {
    std::promise<absl::StatusOr<Joined>> answer;
    application_->JoinRoom(
        call, room_id, std::move(name), connection, std::move(chosen),
        [&](const absl::StatusOr<JoinedRoom>& joined) {
          if (joined.ok()) {
            answer.set_value(Joined{joined->credentials.participant_id, joined->credentials.key,
                                    *joined->room, joined->position});
          } else {
            answer.set_value(joined.status());
          }
        });
    return answer.get_future().get();
  }

  absl::StatusOr<Position> DisconnectParticipant(const std::string& room_id, const Actor& actor,
                                                 const std::string& connection_id, const Call& call = {}) {
    std::promise<absl::StatusOr<Position>> answer;
    application_->DisconnectParticipant(
        call, room_id, actor, connection_id,
        [&](const absl::StatusOr<Position>& position) { answer.set_value(position); });
    return answer.get_future().get();
  }

  absl::StatusOr<Room> ReconnectParticipant(const std::string& room_id, const Actor& actor,
                                            const Connection& connection, const Call& call = {}) {
    std::promise<absl::StatusOr<Room>> answer;
    application_->ReconnectParticipant(call, room_id, {actor, connection},
                                       [&](const absl::StatusOr<ReconnectedParticipant>& reconnected) {
                                         if (reconnected.ok()) {
                                           answer.set_value(*reconnected->room);
                                         } else {
                                           answer.set_value(reconnected.status());
                                         }
                                       });
    return answer.get_future().get();
  }

  absl::StatusOr<Position> LeaveRoom(const std::string& room_id, const Actor& actor, const Call& call = {}) {
    std::promise<absl::StatusOr<Position>> answer;
    application_->LeaveRoom(call, room_id, {actor},
                            [&](const absl::StatusOr<Position>& position) { answer.set_value(position); });
    return answer.get_future().get();
  }

  absl::StatusOr<Position> UpdateName(const std::string& room_id, const Actor& actor, const std::string& name,
                                      const Call& call = {}) {
    std::promise<absl::StatusOr<Position>> answer;
    application_->UpdateName(call, room_id, {actor, name},
                             [&](const absl::StatusOr<Position>& position) { answer.set_value(position); });
    return answer.get_future().get();
  }

  absl::StatusOr<UpdatedMediaState> UpdateMediaState(const std::string& room_id,
                                                     room::UpdateMediaState command, const Call& call = {}) {
    std::promise<absl::StatusOr<UpdatedMediaState>> answer;
    application_->UpdateMediaState(
        call, room_id, std::move(command),
        [&](const absl::StatusOr<UpdatedMediaState>& updated) { answer.set_value(updated); });
    return answer.get_future().get();
  }

  absl::StatusOr<Room> GetRoom(const std::string& room_id) {
    Room room;
    const absl::Status status =
        application_->GetRoom(room_id, [&](const Room& present, Position) { room = present; });
    if (!status.ok()) return status;
    return room;
  }

  bool Exists(const std::string& room_id) { return GetRoom(room_id).ok(); }

  testing::ManualClock clock_;
  CountingIdSource ids_;
  storage::MemoryLogStore memory_store_;
  /// What the application works on; a test that needs another one sets it and calls Restart.
  storage::LogStore* log_store_ = &memory_store_;
  RoomApplication::Options options_;
  std::optional<TimerQueue> timers_;
  std::optional<RoomApplication> application_;
};

}  // namespace parley::room
