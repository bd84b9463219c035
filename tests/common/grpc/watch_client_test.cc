#include "common/grpc/watch_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/channel.h"
#include "parley/room/v1/room_service.grpc.pb.h"
#include "tests/common/grpc/scripted_room_service.h"

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

 private:
  void Note(std::string note) {
    const absl::MutexLock lock(&mutex_);
    notes_.push_back(std::move(note));
  }

  const bool batches_;
  absl::Mutex mutex_;
  std::deque<std::string> notes_ ABSL_GUARDED_BY(mutex_);
};

class WatchClientTest : public testing::Test {
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
  EXPECT_THAT(requests, testing::UnorderedElementsAre("subscribe r after 7/4", "subscribe s"));
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
  EXPECT_THAT(requests, testing::UnorderedElementsAre("subscribe r after 7/3", "subscribe s"));
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

}  // namespace
}  // namespace parley::rpc
