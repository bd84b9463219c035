#include "common/grpc/watch_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/channel.h"
#include "common/metrics/metrics.h"
#include "parley/room/v1/room_service.grpc.pb.h"
#include "tests/common/grpc/scripted_room_service.h"
#include "tests/support/manual_clock.h"

namespace parley::rpc {
namespace {

using parley::common::v1::SubscriptionEnded;

struct RoomTraits {
  using Service = room::v1::RoomService;
  using Request = room::v1::WatchRoomsRequest;
  using Response = room::v1::WatchRoomsResponse;
  using Snapshot = room::v1::RoomSnapshot;
  using Event = room::v1::RoomEvent;

  static void Open(Service::Stub& stub, grpc::ClientContext* context,
                   grpc::ClientBidiReactor<Request, Response>* reactor) {
    stub.async()->WatchRooms(context, reactor);
  }
};

using Client = WatchClient<RoomTraits>;

/// Notes what it is told, as "snapshot r 7/3 first", "event r 7/4", "ended r 2" and, when asked to, "batch
/// end".
class NotingObserver final : public Client::Observer {
 public:
  explicit NotingObserver(bool batches = false) : batches_(batches) {}

  void OnSnapshot(const std::string& room_id, const room::v1::RoomSnapshot& snapshot, bool first) override {
    Note(absl::StrCat("snapshot ", room_id, " ", snapshot.position().incarnation(), "/",
                      snapshot.position().sequence(), first ? " first" : ""));
  }
  void OnEvent(const std::string& room_id, const room::v1::RoomEvent& event) override {
    Note(absl::StrCat("event ", room_id, " ", event.position().incarnation(), "/",
                      event.position().sequence()));
  }
  void OnEnded(const std::string& room_id, Client::EndReason reason) override {
    Note(absl::StrCat("ended ", room_id, " ", static_cast<int>(reason)));
  }
  void OnHeartbeat() override {
    const absl::MutexLock lock(&mutex_);
    ++heartbeats_;
  }
  void OnBatchEnd() override {
    if (batches_) Note("batch end");
  }

  /// The next thing it was told, waited for; "nothing" when it doesn't come.
  std::string Next() {
    const absl::MutexLock lock(&mutex_);
    auto told = [this] { return !notes_.empty(); };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&told), absl::Seconds(20))) return "nothing";
    std::string note = std::move(notes_.front());
    notes_.pop_front();
    return note;
  }

  std::size_t pending() {
    const absl::MutexLock lock(&mutex_);
    return notes_.size();
  }

  /// Waits until `count` heartbeats have been answered in all; false when they aren't.
  bool AwaitHeartbeats(int count) {
    const absl::MutexLock lock(&mutex_);
    auto enough = [this, count] { return heartbeats_ >= count; };
    return mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(20));
  }

 private:
  void Note(std::string note) {
    const absl::MutexLock lock(&mutex_);
    notes_.push_back(std::move(note));
  }

  const bool batches_;
  absl::Mutex mutex_;
  std::deque<std::string> notes_ ABSL_GUARDED_BY(mutex_);
  int heartbeats_ ABSL_GUARDED_BY(mutex_) = 0;
};

class WatchClientTest : public ::testing::Test {
 protected:
  WatchClientTest() : timers_(clock_) {}

  std::unique_ptr<Client> Connect(Client::Observer& observer) {
    return std::make_unique<Client>("test", MakeChannel(service_.address()), observer, timers_, clock_);
  }

  /// The next request in short: "subscribe r", "subscribe r after 7/3" or "unsubscribe r".
  std::string NextRequest() {
    const auto request = service_.NextRequest();
    if (!request) return "nothing";
    if (request->has_unsubscribe()) return "unsubscribe " + request->unsubscribe().room_id();
    const auto& subscribe = request->subscribe();
    std::string text = "subscribe " + subscribe.room_id();
    if (subscribe.has_after()) {
      absl::StrAppend(&text, " after ", subscribe.after().incarnation(), "/", subscribe.after().sequence());
    }
    return text;
  }

  SystemClock clock_;
  TimerQueue timers_;
  ScriptedRoomService service_;
  NotingObserver observer_;
};

TEST_F(WatchClientTest, TellsASnapshotAndThenTheEventsThatFollow) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(SnapshotUpdate("r", 7, 3));
  service_.Tell(JoinedUpdate("r", 7, 4));
  EXPECT_EQ(observer_.Next(), "snapshot r 7/3 first");
  EXPECT_EQ(observer_.Next(), "event r 7/4");
}

TEST_F(WatchClientTest, SubscribingAgainToAFollowedRoomAsksForNothing) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  client->Subscribe("r");
  client->Subscribe("s");
  EXPECT_EQ(NextRequest(), "subscribe r");
  EXPECT_EQ(NextRequest(), "subscribe s");
}

TEST_F(WatchClientTest, EventThatComesTwiceIsToldOnce) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  service_.Tell(SnapshotUpdate("r", 7, 3));
  for (const std::uint64_t sequence : {4, 4, 3, 5}) service_.Tell(JoinedUpdate("r", 7, sequence));
  EXPECT_EQ(observer_.Next(), "snapshot r 7/3 first");
  EXPECT_EQ(observer_.Next(), "event r 7/4");
  EXPECT_EQ(observer_.Next(), "event r 7/5");
}

TEST_F(WatchClientTest, HoleMakesItSubscribeOnceAfterTheLastEvent) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(SnapshotUpdate("r", 7, 3));
  for (const std::uint64_t sequence : {5, 6, 7}) service_.Tell(JoinedUpdate("r", 7, sequence));
  EXPECT_EQ(NextRequest(), "subscribe r after 7/3");
  for (const std::uint64_t sequence : {4, 5}) service_.Tell(JoinedUpdate("r", 7, sequence));
  EXPECT_EQ(observer_.Next(), "snapshot r 7/3 first");
  EXPECT_EQ(observer_.Next(), "event r 7/4");
  EXPECT_EQ(observer_.Next(), "event r 7/5");
  EXPECT_EQ(service_.pending_requests(), 0u);
}

TEST_F(WatchClientTest, SnapshotInPlaceOfMissedEventsIsNotTheFirst) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  service_.Tell(SnapshotUpdate("r", 7, 3));
  service_.Tell(SnapshotUpdate("r", 8, 1));
  service_.Tell(JoinedUpdate("r", 8, 2));
  EXPECT_EQ(observer_.Next(), "snapshot r 7/3 first");
  EXPECT_EQ(observer_.Next(), "snapshot r 8/1");
  EXPECT_EQ(observer_.Next(), "event r 8/2");
}

TEST_F(WatchClientTest, BrokenStreamIsOpenedAgainAndEveryRoomResumesAfterItsLastEvent) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  client->Subscribe("s");
  service_.Tell(SnapshotUpdate("r", 7, 3));
  service_.Tell(JoinedUpdate("r", 7, 4));
  EXPECT_EQ(observer_.Next(), "snapshot r 7/3 first");
  EXPECT_EQ(observer_.Next(), "event r 7/4");
  service_.Break();
  const std::vector<std::string> requests = {NextRequest(), NextRequest()};
  EXPECT_THAT(requests, ::testing::UnorderedElementsAre("subscribe r after 7/4", "subscribe s"));
  service_.Tell(JoinedUpdate("r", 7, 5));
  EXPECT_EQ(observer_.Next(), "event r 7/5");
  EXPECT_EQ(service_.streams(), 2);
}

TEST_F(WatchClientTest, ServiceThatStartsLaterOrAgainIsWaitedFor) {
  service_.Stop();
  const auto client = Connect(observer_);
  client->Subscribe("r");
  EXPECT_FALSE(client->live());
  service_.Start();
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(SnapshotUpdate("r", 7, 3));
  EXPECT_EQ(observer_.Next(), "snapshot r 7/3 first");
  EXPECT_TRUE(client->live());
  service_.Stop();
  client->Subscribe("s");
  service_.Start();
  const std::vector<std::string> requests = {NextRequest(), NextRequest()};
  EXPECT_THAT(requests, ::testing::UnorderedElementsAre("subscribe r after 7/3", "subscribe s"));
}

TEST_F(WatchClientTest, RoomThatIsUnavailableIsAskedForAgain) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(EndedUpdate("r", SubscriptionEnded::REASON_UNAVAILABLE));
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(SnapshotUpdate("r", 7, 3));
  EXPECT_EQ(observer_.Next(), "snapshot r 7/3 first");
  service_.Tell(EndedUpdate("r", SubscriptionEnded::REASON_UNAVAILABLE));
  EXPECT_EQ(NextRequest(), "subscribe r after 7/3");
}

TEST_F(WatchClientTest, RoomThatEndsIsToldOnceAndMayBeFollowedAnew) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  EXPECT_EQ(NextRequest(), "subscribe r");
  client->Subscribe("s");
  EXPECT_EQ(NextRequest(), "subscribe s");
  service_.Tell(SnapshotUpdate("r", 7, 3));
  service_.Tell(EndedUpdate("r", SubscriptionEnded::REASON_ROOM_DESTROYED));
  service_.Tell(EndedUpdate("r", SubscriptionEnded::REASON_ROOM_DESTROYED));
  service_.Tell(JoinedUpdate("r", 7, 4));
  service_.Tell(SnapshotUpdate("s", 1, 1));
  EXPECT_EQ(observer_.Next(), "snapshot r 7/3 first");
  EXPECT_EQ(observer_.Next(), "ended r 2");
  EXPECT_EQ(observer_.Next(), "snapshot s 1/1 first");
  client->Subscribe("r");
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(SnapshotUpdate("r", 8, 1));
  EXPECT_EQ(observer_.Next(), "snapshot r 8/1 first");
}

TEST_F(WatchClientTest, NothingIsToldOfARoomThatIsUnsubscribed) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  client->Subscribe("s");
  service_.Tell(SnapshotUpdate("r", 7, 3));
  EXPECT_EQ(observer_.Next(), "snapshot r 7/3 first");
  client->Unsubscribe("r");
  client->Unsubscribe("never followed");
  EXPECT_EQ(NextRequest(), "subscribe r");
  EXPECT_EQ(NextRequest(), "subscribe s");
  EXPECT_EQ(NextRequest(), "unsubscribe r");
  service_.Tell(JoinedUpdate("r", 7, 4));
  service_.Tell(EndedUpdate("r", SubscriptionEnded::REASON_ROOM_DESTROYED));
  service_.Tell(SnapshotUpdate("s", 1, 1));
  EXPECT_EQ(observer_.Next(), "snapshot s 1/1 first");
}

TEST_F(WatchClientTest, EndOfABatchIsToldAfterAllThatIsInIt) {
  NotingObserver observer(true);
  const auto client = Connect(observer);
  client->Subscribe("r");
  EXPECT_EQ(NextRequest(), "subscribe r");
  room::v1::WatchRoomsResponse response;
  *response.add_updates() = SnapshotUpdate("r", 7, 3);
  *response.add_updates() = JoinedUpdate("r", 7, 4);
  service_.Tell(response);
  EXPECT_EQ(observer.Next(), "snapshot r 7/3 first");
  EXPECT_EQ(observer.Next(), "event r 7/4");
  EXPECT_EQ(observer.Next(), "batch end");
}

TEST_F(WatchClientTest, ObserverMaySubscribe) {
  class Follower final : public Client::Observer {
   public:
    void OnSnapshot(const std::string&, const room::v1::RoomSnapshot&, bool) override {}
    void OnEvent(const std::string&, const room::v1::RoomEvent&) override {}
    void OnEnded(const std::string& room_id, Client::EndReason) override { client->Subscribe(room_id); }
    Client* client = nullptr;
  };
  Follower follower;
  const auto client = Connect(follower);
  follower.client = client.get();
  client->Subscribe("r");
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(EndedUpdate("r", SubscriptionEnded::REASON_ROOM_NOT_FOUND));
  EXPECT_EQ(NextRequest(), "subscribe r");
}

TEST_F(WatchClientTest, NothingIsToldAfterStop) {
  const auto client = Connect(observer_);
  client->Subscribe("r");
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(EndedUpdate("r", SubscriptionEnded::REASON_UNAVAILABLE));
  client->Stop();
  EXPECT_FALSE(client->live());
  client->Subscribe("s");
  client->Stop();
  EXPECT_EQ(observer_.pending(), 0u);
}

TEST_F(WatchClientTest, StopsWhileTheServiceIsAway) {
  service_.Stop();
  const auto client = Connect(observer_);
  client->Subscribe("r");
  client->Stop();
  EXPECT_EQ(observer_.pending(), 0u);
}

/// Time passes only as the test says, so that it is known how many intervals have gone by.
class WatchHeartbeatTest : public ::testing::Test {
 protected:
  static constexpr WatchOptions kOptions{Duration(1'000), 3};

  WatchHeartbeatTest() : timers_(clock_) {
    client_ = std::make_unique<Client>("beat", MakeChannel(service_.address()), observer_, timers_, clock_,
                                       kOptions);
  }

  /// Follows the room at 7/3, which also makes sure that the stream is open.
  void Follow(const std::string& room_id) {
    client_->Subscribe(room_id);
    EXPECT_TRUE(service_.NextRequest().has_value());
    service_.Tell(SnapshotUpdate(room_id, 7, 3));
    EXPECT_EQ(observer_.Next(), "snapshot " + room_id + " 7/3 first");
  }

  void Pass(int intervals = 1) {
    for (int i = 0; i < intervals; ++i) {
      clock_.Advance(kOptions.heartbeat_interval);
      parley::testing::Settle(timers_, clock_);
    }
  }

  void Silence() {
    service_.set_heartbeat_answer([](const auto&) { return std::nullopt; });
  }

  /// Lets time pass until the client has opened its stream again.
  void PassUntilReopened() {
    while (service_.streams() < 2) Pass();
  }

  static double Losses() {
    return metrics::Counter("parley_watch_losses_total",
                            "Times that a heartbeat showed that events had been lost on the way.",
                            {{"watch", "beat"}})
        .Value();
  }

  parley::testing::ManualClock clock_;
  TimerQueue timers_;
  ScriptedRoomService service_;
  NotingObserver observer_;
  std::unique_ptr<Client> client_;
};

TEST_F(WatchHeartbeatTest, NamesTheRoomsInTurnAndIsAnswered) {
  Follow("r");
  Follow("s");
  for (int i = 1; i <= 3; ++i) {
    Pass();
    ASSERT_TRUE(observer_.AwaitHeartbeats(i));
  }
  EXPECT_THAT(service_.AwaitHeartbeats(3), ::testing::ElementsAre("r", "s", "r"));
  client_->Unsubscribe("r");
  client_->Unsubscribe("s");
  Pass();
  ASSERT_TRUE(observer_.AwaitHeartbeats(4));
  EXPECT_EQ(service_.AwaitHeartbeats(4).back(), "");
  EXPECT_TRUE(client_->live());
}

TEST_F(WatchHeartbeatTest, NoSecondOneIsSentBeforeTheFirstIsAnswered) {
  Follow("r");
  Silence();
  Pass(3);
  EXPECT_TRUE(client_->live());
  service_.Tell(HeartbeatUpdate("r", 7, 3));
  ASSERT_TRUE(observer_.AwaitHeartbeats(1));
  Pass(3);
  EXPECT_EQ(service_.AwaitHeartbeats(2).size(), 2u);
  EXPECT_TRUE(client_->live());
  EXPECT_EQ(service_.streams(), 1);
}

TEST_F(WatchHeartbeatTest, StreamOnWhichNoneIsAnsweredIsOpenedAgainAndResumed) {
  Follow("r");
  Silence();
  Pass(1 + kOptions.longest_silence);
  EXPECT_FALSE(client_->live());
  service_.set_heartbeat_answer(AnswerWithoutPosition);
  PassUntilReopened();
  const auto request = service_.NextRequest();
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->subscribe().room_id(), "r");
  EXPECT_EQ(request->subscribe().after().sequence(), 3u);
  service_.Tell(JoinedUpdate("r", 7, 4));
  EXPECT_EQ(observer_.Next(), "event r 7/4");
  EXPECT_TRUE(client_->live());
}

TEST_F(WatchHeartbeatTest, ClockThatJumpsDoesNotMakeAnAnswerOverdue) {
  Follow("r");
  Silence();
  Pass();
  clock_.Advance(Duration(3'600'000));
  parley::testing::Settle(timers_, clock_);
  EXPECT_TRUE(client_->live());
}

TEST_F(WatchHeartbeatTest, EventsThatWereLostOnTheWayAreAskedForOnce) {
  const double losses = Losses();
  Follow("r");
  service_.set_heartbeat_answer([](const auto&) { return HeartbeatUpdate("r", 7, 5); });
  for (int i = 1; i <= 2; ++i) {
    Pass();
    ASSERT_TRUE(observer_.AwaitHeartbeats(i));
  }
  const auto request = service_.NextRequest();
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->subscribe().after().sequence(), 3u);
  for (const std::uint64_t sequence : {4, 5}) service_.Tell(JoinedUpdate("r", 7, sequence));
  EXPECT_EQ(observer_.Next(), "event r 7/4");
  EXPECT_EQ(observer_.Next(), "event r 7/5");
  Pass();
  ASSERT_TRUE(observer_.AwaitHeartbeats(3));
  EXPECT_EQ(service_.pending_requests(), 0u);
  EXPECT_EQ(Losses(), losses + 1);
}

TEST_F(WatchHeartbeatTest, RoomsWhoseSubscriptionIsUnderWayOrGivenUpHaveLostNothing) {
  const double losses = Losses();
  Follow("r");
  client_->Subscribe("s");
  client_->Unsubscribe("r");
  client_->Subscribe("r");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(service_.NextRequest().has_value());
  service_.Tell(HeartbeatUpdate("r", 7, 9));
  service_.Tell(HeartbeatUpdate("s", 7, 9));
  service_.Tell(HeartbeatUpdate("never followed", 7, 9));
  ASSERT_TRUE(observer_.AwaitHeartbeats(3));
  EXPECT_EQ(service_.pending_requests(), 0u);
  EXPECT_EQ(Losses(), losses);
}

TEST_F(WatchHeartbeatTest, StopDoesNotWaitForTheNextOne) {
  Follow("r");
  client_->Stop();
  Pass();
  EXPECT_TRUE(service_.AwaitHeartbeats(0).empty());
}

}  // namespace
}  // namespace parley::rpc
