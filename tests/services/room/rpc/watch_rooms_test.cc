#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/metrics/metrics.h"
#include "tests/services/room/rpc/rpc_fixture.h"

namespace parley::room {
namespace {

using common::v1::SubscriptionEnded;

class WatchRoomsTest : public RpcFixture {};

void ExpectEnded(const v1::RoomUpdate& update, const std::string& room_id, SubscriptionEnded::Reason reason) {
  EXPECT_TRUE(update.has_ended()) << update.ShortDebugString();
  EXPECT_EQ(update.room_id(), room_id);
  EXPECT_EQ(update.ended().reason(), reason);
}

TEST_F(WatchRoomsTest, SnapshotComesFirstAndEventsFollowIt) {
  const std::string room_id = CreateRoom();
  const auto host = JoinRoom(room_id);
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id);
  const v1::RoomUpdate first = watcher.Next();
  EXPECT_EQ(first.room_id(), room_id);
  ASSERT_TRUE(first.has_snapshot()) << first.ShortDebugString();
  EXPECT_EQ(first.snapshot().position().sequence(), 2u);
  EXPECT_EQ(first.snapshot().room().participants_size(), 1);

  ASSERT_TRUE(UpdateName(room_id, host.credentials(), "Ada").ok());
  const v1::RoomUpdate second = watcher.Next();
  ASSERT_TRUE(second.has_event());
  EXPECT_EQ(second.room_id(), room_id);
  EXPECT_EQ(second.event().position().incarnation(), first.snapshot().position().incarnation());
  EXPECT_EQ(second.event().position().sequence(), 3u);
  EXPECT_EQ(second.event().name_updated().name(), "Ada");
  EXPECT_EQ(second.event().audience().everyone_except().participant_id(),
            host.credentials().participant_id());
  EXPECT_GT(second.event().event_time().seconds(), 0);
}

TEST_F(WatchRoomsTest, WatchResumesAfterAPosition) {
  const std::string room_id = CreateRoom();
  const auto host = JoinRoom(room_id);
  ASSERT_TRUE(UpdateName(room_id, host.credentials(), "Ada").ok());
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id, host.position());
  const v1::RoomUpdate missed = watcher.Next();
  EXPECT_EQ(missed.event().name_updated().name(), "Ada");
  EXPECT_EQ(missed.event().position().sequence(), host.position().sequence() + 1);
  ASSERT_TRUE(UpdateName(room_id, host.credentials(), "Grace").ok());
  EXPECT_EQ(watcher.Next().event().name_updated().name(), "Grace");
}

TEST_F(WatchRoomsTest, WatchFromTheVeryBeginningTellsEverything) {
  const std::string room_id = CreateRoom();
  auto beginning = JoinRoom(room_id).position();
  beginning.set_sequence(0);
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id, beginning);
  EXPECT_TRUE(watcher.Next().event().has_room_created());
  EXPECT_TRUE(watcher.Next().event().has_participant_joined());
}

TEST_F(WatchRoomsTest, PositionOfAnotherIncarnationIsAnsweredWithASnapshot) {
  const std::string room_id = CreateRoom();
  auto foreign = JoinRoom(room_id).position();
  foreign.set_incarnation(foreign.incarnation() + 1);
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id, foreign);
  const v1::RoomUpdate update = watcher.Next();
  ASSERT_TRUE(update.has_snapshot()) << update.ShortDebugString();
  EXPECT_EQ(update.snapshot().position().sequence(), 2u);
}

TEST_F(WatchRoomsTest, PositionBeyondTheEndIsAnsweredWithASnapshot) {
  const std::string room_id = CreateRoom();
  auto beyond = JoinRoom(room_id).position();
  beyond.set_sequence(beyond.sequence() + 1);
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id, beyond);
  EXPECT_TRUE(watcher.Next().has_snapshot());
}

TEST_F(WatchRoomsTest, UnknownRoomEndsAtOnceAndTheStreamGoesOn) {
  const std::string room_id = CreateRoom();
  Watcher watcher(*stub_);
  watcher.Subscribe("nowhere");
  ExpectEnded(watcher.Next(), "nowhere", SubscriptionEnded::REASON_ROOM_NOT_FOUND);
  watcher.Subscribe(room_id);
  EXPECT_TRUE(watcher.Next().has_snapshot());
}

TEST_F(WatchRoomsTest, HeartbeatTellsWhereAFollowedRoomIsAndNothingOfOthers) {
  const std::string room_id = CreateRoom();
  const auto host = JoinRoom(room_id);
  Watcher watcher(*stub_);
  watcher.Heartbeat(room_id);
  EXPECT_FALSE(watcher.Next().heartbeat().has_position());
  watcher.Subscribe(room_id);
  ASSERT_TRUE(watcher.Next().has_snapshot());
  ASSERT_TRUE(UpdateName(room_id, host.credentials(), "Ada").ok());
  watcher.Heartbeat(room_id);
  EXPECT_TRUE(watcher.Next().has_event());
  const v1::RoomUpdate answer = watcher.Next();
  ASSERT_TRUE(answer.has_heartbeat()) << answer.ShortDebugString();
  EXPECT_EQ(answer.heartbeat().position().incarnation(), host.position().incarnation());
  EXPECT_EQ(answer.heartbeat().position().sequence(), host.position().sequence() + 1);
  watcher.Unsubscribe(room_id);
  ExpectEnded(watcher.Next(), room_id, SubscriptionEnded::REASON_UNSUBSCRIBED);
  watcher.Heartbeat(room_id);
  EXPECT_FALSE(watcher.Next().heartbeat().has_position());
}

TEST_F(WatchRoomsTest, HostLeavingIsToldAsLeavingThenDestruction) {
  const std::string room_id = CreateRoom();
  const auto host = JoinRoom(room_id);
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id);
  ASSERT_TRUE(watcher.Next().has_snapshot());
  ASSERT_TRUE(LeaveRoom(room_id, host.credentials()).ok());
  EXPECT_EQ(watcher.Next().event().participant_left().participant_id(), host.credentials().participant_id());
  const v1::RoomUpdate destroyed = watcher.Next();
  EXPECT_EQ(destroyed.event().room_destroyed().reason(), v1::RoomDestroyed::REASON_HOST_LEFT);
  EXPECT_TRUE(destroyed.event().audience().has_everyone());
  ExpectEnded(watcher.Next(), room_id, SubscriptionEnded::REASON_ROOM_DESTROYED);
}

TEST_F(WatchRoomsTest, OneStreamFollowsManyRoomsThatDontHearEachOther) {
  const std::string first = CreateRoom();
  const std::string second = CreateRoom();
  Watcher both(*stub_);
  Watcher one(*stub_);
  both.Subscribe(first);
  EXPECT_TRUE(both.Next().has_snapshot());
  both.Subscribe(second);
  EXPECT_TRUE(both.Next().has_snapshot());
  one.Subscribe(second);
  EXPECT_TRUE(one.Next().has_snapshot());
  JoinRoom(first);
  JoinRoom(second);
  EXPECT_EQ(both.Next().room_id(), first);
  EXPECT_EQ(both.Next().room_id(), second);
  EXPECT_EQ(one.Next().room_id(), second);
}

TEST_F(WatchRoomsTest, SubscribingAgainReplacesTheSubscription) {
  const std::string room_id = CreateRoom();
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id);
  EXPECT_TRUE(watcher.Next().has_snapshot());
  watcher.Subscribe(room_id);
  EXPECT_TRUE(watcher.Next().has_snapshot());
  JoinRoom(room_id);
  JoinRoom(room_id);
  EXPECT_EQ(watcher.Next().event().position().sequence(), 2u);
  EXPECT_EQ(watcher.Next().event().position().sequence(), 3u);
}

TEST_F(WatchRoomsTest, AfterUnsubscribingNothingMoreIsTold) {
  const std::string room_id = CreateRoom();
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id);
  EXPECT_TRUE(watcher.Next().has_snapshot());
  watcher.Unsubscribe(room_id);
  ExpectEnded(watcher.Next(), room_id, SubscriptionEnded::REASON_UNSUBSCRIBED);
  JoinRoom(room_id);
  watcher.Subscribe("nowhere");
  EXPECT_EQ(watcher.Next().room_id(), "nowhere");
}

TEST_F(WatchRoomsTest, HalfClosedStreamGoesOnUntilItsSubscriptionHasEnded) {
  const std::string room_id = CreateRoom();
  const auto host = JoinRoom(room_id);
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id);
  watcher.HalfClose();
  EXPECT_TRUE(watcher.Next().has_snapshot());
  ASSERT_TRUE(UpdateName(room_id, host.credentials(), "Ada").ok());
  EXPECT_TRUE(watcher.Next().event().has_name_updated());
  ASSERT_TRUE(LeaveRoom(room_id, host.credentials()).ok());
  EXPECT_TRUE(watcher.Next().event().has_participant_left());
  EXPECT_TRUE(watcher.Next().event().has_room_destroyed());
  ExpectEnded(watcher.Next(), room_id, SubscriptionEnded::REASON_ROOM_DESTROYED);
  EXPECT_TRUE(watcher.Finish().ok());
}

TEST_F(WatchRoomsTest, HalfClosedStreamWithoutSubscriptionEndsAtOnce) {
  Watcher silent(*stub_);
  silent.HalfClose();
  EXPECT_TRUE(silent.Finish().ok());
  Watcher mistaken(*stub_);
  mistaken.Subscribe("nowhere");
  mistaken.HalfClose();
  ExpectEnded(mistaken.Next(), "nowhere", SubscriptionEnded::REASON_ROOM_NOT_FOUND);
  EXPECT_TRUE(mistaken.Finish().ok());
}

TEST_F(WatchRoomsTest, EmptyRequestEndsTheStream) {
  Watcher watcher(*stub_);
  watcher.Write(v1::WatchRoomsRequest());
  EXPECT_EQ(ReasonOf(watcher.Finish()), "INVALID_REQUEST");
}

TEST_F(WatchRoomsTest, ShutdownEndsStreamsAndRefusesNewOnes) {
  const std::string room_id = CreateRoom();
  Watcher watcher(*stub_);
  watcher.Subscribe(room_id);
  ASSERT_TRUE(watcher.Next().has_snapshot());
  service_.StopStreams();
  EXPECT_EQ(ReasonOf(watcher.Finish()), "SHUTTING_DOWN");
  Watcher late(*stub_);
  EXPECT_EQ(ReasonOf(late.Finish()), "SHUTTING_DOWN");
}

TEST_F(WatchRoomsTest, StreamWhoseClientIsGoneIsForgotten) {
  prometheus::Gauge& streams = metrics::Gauge("parley_watch_streams", "");
  const double before = streams.Value();
  const std::string room_id = CreateRoom();
  const auto host = JoinRoom(room_id);
  {
    Watcher watcher(*stub_);
    watcher.Subscribe(room_id);
    ASSERT_TRUE(watcher.Next().has_snapshot());
    EXPECT_EQ(streams.Value(), before + 1);
    watcher.Cancel();
    EXPECT_FALSE(watcher.Finish().ok());
  }
  int count = 0;
  // The room goes on; telling it to nobody must do no harm, whenever the service learns of it.
  while (streams.Value() != before) {
    ASSERT_TRUE(UpdateName(room_id, host.credentials(), absl::StrCat("name ", ++count)).ok());
  }
}

TEST_F(WatchRoomsTest, EveryObserverSeesEveryEventOnceAndInOrder) {
  constexpr int kWriters = 4;
  constexpr int kUpdates = 50;
  const std::string room_id = CreateRoom();
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&] {
      const auto joined = JoinRoom(room_id);
      for (int n = 0; n < kUpdates; ++n) {
        EXPECT_TRUE(UpdateName(room_id, joined.credentials(), absl::StrCat("name ", n)).ok());
      }
    });
  }
  // Each begins at another time, and must find the snapshot and the events to fit together.
  constexpr std::uint64_t kLast = 1 + kWriters * (1 + kUpdates);
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      Watcher watcher(*stub_);
      watcher.Subscribe(room_id);
      const v1::RoomUpdate snapshot = watcher.Next();
      ASSERT_TRUE(snapshot.has_snapshot());
      std::uint64_t sequence = snapshot.snapshot().position().sequence();
      while (sequence < kLast) {
        const v1::RoomUpdate update = watcher.Next();
        ASSERT_TRUE(update.has_event());
        ASSERT_EQ(update.event().position().sequence(), ++sequence);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(WatchRoomsTest, NoUpdateHoldsAKey) {
  const std::string room_id = CreateRoom();
  Watcher events(*stub_);
  events.Subscribe(room_id);
  std::string told = events.Next().SerializeAsString();
  const auto host = JoinRoom(room_id);
  const auto other = JoinRoom(room_id);
  told += events.Next().SerializeAsString();
  told += events.Next().SerializeAsString();
  Watcher snapshot(*stub_);
  snapshot.Subscribe(room_id);
  told += snapshot.Next().SerializeAsString();
  told += other.room().SerializeAsString();
  EXPECT_NE(told.find(host.credentials().participant_id()), std::string::npos);
  EXPECT_EQ(told.find(host.credentials().key()), std::string::npos);
  EXPECT_EQ(told.find(other.credentials().key()), std::string::npos);
}

}  // namespace
}  // namespace parley::room
