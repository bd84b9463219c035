#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/timer_queue.h"
#include "common/grpc/grpc_server.h"
#include "edge/rpc/call_client.h"
#include "tests/common/grpc/scripted_room_service.h"
#include "tests/edge/rpc/scripted_calls.h"
#include "tests/support/connected_channel.h"
#include "tests/support/manual_clock.h"

namespace parley::edge {
namespace {

namespace v1 = room::v1;

/// Notes what it is told, as "snapshot r 3 first" and "event r 4".
class NotingObserver : public RoomWatch::Observer {
 public:
  void OnSnapshot(const std::string& room_id, const v1::RoomSnapshot& snapshot, bool first) override {
    Note(absl::StrCat("snapshot ", room_id, " ", snapshot.position().sequence(), first ? " first" : ""));
  }
  void OnEvent(const std::string& room_id, const v1::RoomEvent& event) override {
    Note(absl::StrCat("event ", room_id, " ", event.position().sequence()));
  }
  void OnEnded(const std::string& room_id, RoomWatch::EndReason) override { Note("ended " + room_id); }

  /// Whether it was told anything that Next hasn't returned yet.
  bool told() {
    const absl::MutexLock lock(&mutex_);
    return !notes_.empty();
  }

  /// The next thing it was told, waited for; "nothing" when it doesn't come.
  std::string Next() {
    const absl::MutexLock lock(&mutex_);
    auto told = [this] { return !notes_.empty(); };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&told), absl::FromChrono(kPatience))) return "nothing";
    std::string note = std::move(notes_.front());
    notes_.pop_front();
    return note;
  }

 protected:
  void Note(std::string note) {
    const absl::MutexLock lock(&mutex_);
    notes_.push_back(std::move(note));
  }

 private:
  absl::Mutex mutex_;
  std::deque<std::string> notes_ ABSL_GUARDED_BY(mutex_);
};

/// A client that calls and follows rooms on one stream; time passes as the test says.
class CarriedWatchTest : public ::testing::Test {
 protected:
  static constexpr rpc::WatchOptions kHeartbeats{Duration(1'000), 3};
  /// For tests in which nobody knows how much time passes.
  static constexpr rpc::WatchOptions kNoHeartbeats{Duration(86'400'000), 3};

  explicit CarriedWatchTest(Duration longest_rest = CallClient<RoomCalls>::kLongestRest)
      : timers_(clock_),
        server_("127.0.0.1:0", {&service_}),
        client_("test", parley::testing::ConnectedChannel(server_.port()), completions_, timers_, clock_,
                longest_rest) {}

  ~CarriedWatchTest() override { client_.Stop(); }

  /// Begins, and returns when the watch is live.
  void Start(RoomWatch::Observer& observer, rpc::WatchOptions options = kNoHeartbeats) {
    watch_ = &client_.MakeWatch("test", observer, options);
    client_.Start();
    PassUntilLive(true, Duration::zero());
  }

  static v1::MakeCallsResponse MessageOf(v1::RoomUpdate update) {
    v1::MakeCallsResponse message;
    *message.add_updates() = std::move(update);
    return message;
  }

  /// The next request in short: "subscribe r", "subscribe r after 3", "unsubscribe r" or "heartbeat r".
  std::string NextRequest() {
    const auto request = service_.NextWatchRequest();
    if (!request) return "nothing";
    if (request->has_unsubscribe()) return "unsubscribe " + request->unsubscribe().room_id();
    if (request->has_heartbeat()) return "heartbeat " + request->heartbeat().room_id();
    std::string text = "subscribe " + request->subscribe().room_id();
    if (request->subscribe().has_after())
      absl::StrAppend(&text, " after ", request->subscribe().after().sequence());
    return text;
  }

  /// Follows the room at position 3.
  void Follow(const std::string& room_id) {
    watch_->Subscribe(room_id);
    EXPECT_EQ(NextRequest(), "subscribe " + room_id);
    service_.Tell(MessageOf(SnapshotUpdate(room_id, 7, 3)));
    EXPECT_EQ(observer_.Next(), absl::StrCat("snapshot ", room_id, " 3 first"));
  }

  void Pass(Duration duration) {
    clock_.Advance(duration);
    parley::testing::Settle(timers_, clock_);
  }

  /// Leaves a heartbeat of room "r" unanswered for longer than the client bears.
  void KeepSilence() {
    Pass(kHeartbeats.heartbeat_interval);
    // Before time passes on: the end of a stream overtakes what was written to it.
    EXPECT_EQ(NextRequest(), "heartbeat r");
    for (int i = 0; i < kHeartbeats.longest_silence; ++i) Pass(kHeartbeats.heartbeat_interval);
  }

  /// Lets time pass until the watch is live, or isn't.
  void PassUntilLive(bool live, Duration step = Duration(10)) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (watch_->live() != live && std::chrono::steady_clock::now() < deadline) {
      Pass(step);
      std::this_thread::yield();
    }
    EXPECT_EQ(watch_->live(), live);
  }

  parley::testing::ManualClock clock_;
  TimerQueue timers_;
  ScriptedCalls service_;
  rpc::GrpcServer server_;
  CompletionLoop completions_{1};
  NotingObserver observer_;
  CallClient<RoomCalls> client_;
  RoomWatch* watch_ = nullptr;
};

TEST_F(CarriedWatchTest, WhatIsFollowedBeforeTheStreamIsOpenIsAskedForOnceItIs) {
  watch_ = &client_.MakeWatch("test", observer_, kNoHeartbeats);
  watch_->Subscribe("r");
  EXPECT_FALSE(watch_->live());
  client_.Start();
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(MessageOf(SnapshotUpdate("r", 7, 3)));
  EXPECT_EQ(observer_.Next(), "snapshot r 3 first");
  EXPECT_TRUE(watch_->live());
}

TEST_F(CarriedWatchTest, AnswersAndUpdatesOfOneMessageAreTold) {
  Start(observer_);
  Follow("r");
  boost::asio::io_context loop;
  std::string answer;
  client_.Call("Any", "question", "", kPatience, loop.get_executor(),
               [&answer](absl::StatusOr<std::string> result) { answer = result.value(); });
  loop.poll();
  v1::MakeCallsResponse message = MessageOf(JoinedUpdate("r", 7, 4));
  message.add_answers()->set_number(service_.NextMessage().at("question"));
  message.mutable_answers(0)->set_response("answer");
  service_.Tell(message);
  EXPECT_EQ(observer_.Next(), "event r 4");
  const auto work = boost::asio::make_work_guard(loop);
  loop.restart();
  loop.run_one_for(kPatience);
  EXPECT_EQ(answer, "answer");
  // Whoever posted that may not be done with the loop yet.
  client_.Stop();
}

/// A room is followed, and calls follow each other so closely that the stream rests between them.
class RestingStreamTest : public CarriedWatchTest {
 protected:
  explicit RestingStreamTest(Duration longest_rest = std::chrono::hours(24))
      : CarriedWatchTest(longest_rest) {
    Start(observer_, kHeartbeats);
    Follow("r");
    // So that nobody expects more news like that.
    Pass(RestPolicy::kOthersTalk + Duration(1));
    Converse();
    Converse();
  }

  ~RestingStreamTest() override { client_.Stop(); }

  /// Calls; returns the call's number as the service sees it.
  std::uint64_t Call() {
    client_.Call("Any", "question", "", kPatience, loop_.get_executor(),
                 [](const absl::StatusOr<std::string>&) {});
    loop_.restart();
    loop_.poll();
    return service_.NextMessage().at("question");
  }
  void Converse() { service_.Answer(Call(), ""); }

  void AwaitRest() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!client_.resting() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_TRUE(client_.resting());
  }

  boost::asio::io_context loop_;
};

TEST_F(RestingStreamTest, TheNextCallEndsTheRest) {
  AwaitRest();
  service_.Tell(MessageOf(JoinedUpdate("r", 7, 4)));
  Call();
  EXPECT_EQ(observer_.Next(), "event r 4");
  EXPECT_FALSE(client_.resting());
}

TEST_F(RestingStreamTest, ARequestToFollowARoomEndsTheRestUntilItIsAnswered) {
  AwaitRest();
  watch_->Subscribe("s");
  EXPECT_EQ(NextRequest(), "subscribe s");
  Converse();
  service_.Tell(MessageOf(SnapshotUpdate("s", 7, 3)));
  EXPECT_EQ(observer_.Next(), "snapshot s 3 first");
}

TEST_F(RestingStreamTest, NothingRestsWhileACallIsUnderWay) {
  AwaitRest();
  Call();
  client_.Call("Any", "held", "", kPatience, loop_.get_executor(), [](const absl::StatusOr<std::string>&) {});
  for (std::uint64_t sequence = 4; sequence < 8; ++sequence) {
    service_.Tell(MessageOf(JoinedUpdate("r", 7, sequence)));
    EXPECT_EQ(observer_.Next(), absl::StrCat("event r ", sequence));
  }
}

TEST_F(RestingStreamTest, NothingRestsWhileOthersTalk) {
  AwaitRest();
  service_.Tell(MessageOf(JoinedUpdate("r", 7, 4)));
  Converse();
  EXPECT_EQ(observer_.Next(), "event r 4");
  service_.Tell(MessageOf(JoinedUpdate("r", 7, 5)));
  EXPECT_EQ(observer_.Next(), "event r 5");
}

TEST_F(RestingStreamTest, StopEndsTheRest) {
  AwaitRest();
  client_.Stop();
}

TEST_F(RestingStreamTest, AHeartbeatEndsTheRestAndSilenceTheStream) {
  AwaitRest();
  KeepSilence();
  PassUntilLive(true);
  EXPECT_EQ(NextRequest(), "subscribe r after 3");
}

/// As they rest in production.
class BrieflyRestingStreamTest : public RestingStreamTest {
 protected:
  BrieflyRestingStreamTest() : RestingStreamTest(CallClient<RoomCalls>::kLongestRest) {}
};

TEST_F(BrieflyRestingStreamTest, WhatNobodyHereHasCalledForIsToldAlthoughNothingMoreIsCalled) {
  for (std::uint64_t sequence = 4; sequence < 8; ++sequence) {
    service_.Tell(MessageOf(JoinedUpdate("r", 7, sequence)));
    EXPECT_EQ(observer_.Next(), absl::StrCat("event r ", sequence));
  }
}

TEST_F(BrieflyRestingStreamTest, ThatTheStreamBreaksIsNoticedAlthoughNothingMoreIsCalled) {
  service_.Break();
  PassUntilLive(false, Duration::zero());
}

TEST_F(CarriedWatchTest, AStreamThatBreaksIsResumedAfterTheLastEvent) {
  Start(observer_);
  Follow("r");
  service_.Tell(MessageOf(JoinedUpdate("r", 7, 4)));
  EXPECT_EQ(observer_.Next(), "event r 4");
  service_.Break();
  PassUntilLive(false);
  PassUntilLive(true);
  EXPECT_EQ(NextRequest(), "subscribe r after 4");
  service_.Tell(MessageOf(JoinedUpdate("r", 7, 5)));
  EXPECT_EQ(observer_.Next(), "event r 5");
}

TEST_F(CarriedWatchTest, AStreamOnWhichNoHeartbeatIsAnsweredIsOpenedAgain) {
  Start(observer_, kHeartbeats);
  Follow("r");
  KeepSilence();
  EXPECT_FALSE(watch_->live());
  PassUntilLive(true);
  EXPECT_EQ(NextRequest(), "subscribe r after 3");
}

TEST_F(CarriedWatchTest, AnAnsweredHeartbeatTellsWhatWasLost) {
  Start(observer_, kHeartbeats);
  Follow("r");
  Pass(kHeartbeats.heartbeat_interval);
  EXPECT_EQ(NextRequest(), "heartbeat r");
  service_.Tell(MessageOf(HeartbeatUpdate("r", 7, 5)));
  EXPECT_EQ(NextRequest(), "subscribe r after 3");
}

/// Notes also what is told together.
class BatchObserver final : public NotingObserver {
 public:
  void OnBatchEnd() override { Note("end"); }
};

/// A room is followed, and two calls are under way that make news of it, one by one.
class CoalescedUpdatesTest : public CarriedWatchTest {
 protected:
  CoalescedUpdatesTest() {
    Start(observer_);
    watch_->Subscribe("r");
    EXPECT_EQ(NextRequest(), "subscribe r");
    service_.Tell(MessageOf(SnapshotUpdate("r", 7, 3)));
    EXPECT_EQ(observer_.Next(), "snapshot r 3 first");
    EXPECT_EQ(observer_.Next(), "end");
    first_ = Call("first");
    // Held until the first is answered.
    Call("second");
  }

  ~CoalescedUpdatesTest() override { client_.Stop(); }

  /// Calls; returns the call's number if it is sent at once.
  std::uint64_t Call(const std::string& request, std::chrono::milliseconds timeout = std::chrono::hours(24)) {
    client_.Call("Any", request, "r", timeout, loop_.get_executor(),
                 [](const absl::StatusOr<std::string>&) {});
    loop_.restart();
    loop_.poll();
    return request == "first" ? service_.NextMessage().at(request) : 0;
  }

  /// A message that also answers a call.
  static v1::MakeCallsResponse MessageOf(std::uint64_t answered, v1::RoomUpdate update) {
    v1::MakeCallsResponse message = CarriedWatchTest::MessageOf(std::move(update));
    message.add_answers()->set_number(answered);
    return message;
  }
  using CarriedWatchTest::MessageOf;

  boost::asio::io_context loop_;
  BatchObserver observer_;
  std::uint64_t first_ = 0;
};

TEST_F(CoalescedUpdatesTest, NewsOfARoomWaitForThoseThatACallUnderWayWillMake) {
  service_.Tell(MessageOf(first_, JoinedUpdate("r", 7, 4)));
  const std::uint64_t second = service_.NextMessage().at("second");
  service_.Tell(MessageOf(second, JoinedUpdate("r", 7, 5)));
  EXPECT_EQ(observer_.Next(), "event r 4");
  EXPECT_EQ(observer_.Next(), "event r 5");
  EXPECT_EQ(observer_.Next(), "end");
  // Nothing is under way any more.
  service_.Tell(MessageOf(JoinedUpdate("r", 7, 6)));
  EXPECT_EQ(observer_.Next(), "event r 6");
  EXPECT_EQ(observer_.Next(), "end");
}

TEST_F(CoalescedUpdatesTest, NewsWaitForOneMessageAtMost) {
  service_.Tell(MessageOf(first_, JoinedUpdate("r", 7, 4)));
  ASSERT_EQ(service_.NextMessage().count("second"), 1u);
  // Still unanswered.
  service_.Tell(MessageOf(JoinedUpdate("r", 7, 5)));
  EXPECT_EQ(observer_.Next(), "event r 4");
  EXPECT_EQ(observer_.Next(), "event r 5");
  EXPECT_EQ(observer_.Next(), "end");
}

TEST_F(CoalescedUpdatesTest, NewsDoNotWaitLongForAnAnswerThatDoesNotCome) {
  service_.Tell(MessageOf(first_, JoinedUpdate("r", 7, 4)));
  ASSERT_EQ(service_.NextMessage().count("second"), 1u);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!observer_.told() && std::chrono::steady_clock::now() < deadline) {
    Pass(Duration(1));
    std::this_thread::yield();
  }
  EXPECT_EQ(observer_.Next(), "event r 4");
  EXPECT_EQ(observer_.Next(), "end");
}

TEST_F(CoalescedUpdatesTest, NewsOfOtherRoomsDoNotWait) {
  watch_->Subscribe("s");
  service_.Answer(first_, "");
  ASSERT_EQ(service_.NextMessage().count("second"), 1u);
  EXPECT_EQ(NextRequest(), "subscribe s");
  service_.Tell(MessageOf(SnapshotUpdate("s", 7, 3)));
  EXPECT_EQ(observer_.Next(), "snapshot s 3 first");
  EXPECT_EQ(observer_.Next(), "end");
  service_.Tell(MessageOf(JoinedUpdate("s", 7, 4)));
  EXPECT_EQ(observer_.Next(), "event s 4");
  EXPECT_EQ(observer_.Next(), "end");
}

TEST_F(CoalescedUpdatesTest, WhatWaitsIsToldBeforeTheStreamIsOpenedAgain) {
  service_.Tell(MessageOf(first_, JoinedUpdate("r", 7, 4)));
  ASSERT_EQ(service_.NextMessage().count("second"), 1u);
  service_.Break();
  PassUntilLive(false, Duration::zero());
  EXPECT_EQ(observer_.Next(), "event r 4");
  EXPECT_EQ(observer_.Next(), "end");
  PassUntilLive(true);
  EXPECT_EQ(NextRequest(), "subscribe r after 4");
}

TEST_F(CoalescedUpdatesTest, NobodyWaitsForACallThatWasGivenUp) {
  Call("third", std::chrono::milliseconds(500));
  service_.Answer(first_, "");
  const auto rest = service_.NextMessage();
  ASSERT_EQ(rest.count("third"), 1u);
  service_.Answer(rest.at("second"), "");
  // Its news are awaited no longer than its answer is.
  Pass(Duration(1'000));
  service_.Tell(MessageOf(JoinedUpdate("r", 7, 4)));
  EXPECT_EQ(observer_.Next(), "event r 4");
  EXPECT_EQ(observer_.Next(), "end");
}

/// Passes events on to a worker's loop, as the fan-out does, and checks their order there.
class PostingObserver final : public NotingObserver {
 public:
  explicit PostingObserver(boost::asio::io_context& loop) : loop_(loop) {}

  void OnEvent(const std::string&, const v1::RoomEvent& event) override {
    boost::asio::post(loop_, [this, sequence = event.position().sequence()] {
      if (sequence <= last_.exchange(sequence)) in_order_ = false;
    });
  }

  bool in_order() const { return in_order_; }
  std::uint64_t last() const { return last_; }

 private:
  boost::asio::io_context& loop_;
  std::atomic<bool> in_order_ = true;
  std::atomic<std::uint64_t> last_ = 0;
};

// A worker's own posts overtake those of other threads, so what is read must never be told on a worker,
// although gRPC may read while that writes.
TEST_F(CarriedWatchTest, EventsKeepTheirOrderWhileWorkersCall) {
  constexpr std::uint64_t kEvents = 3'000;
  boost::asio::io_context loop{1};
  PostingObserver observer(loop);
  Start(observer);
  service_.AnswerAll();
  watch_->Subscribe("r");
  EXPECT_EQ(NextRequest(), "subscribe r");
  service_.Tell(MessageOf(SnapshotUpdate("r", 7, 3)));

  // The loop runs until the last of these has been answered.
  constexpr int kCallers = 4;
  std::atomic<bool> over = false;
  int calling = kCallers;
  auto work = boost::asio::make_work_guard(loop);
  std::function<void()> call = [&] {
    client_.Call("Any", "question", "", kPatience, loop.get_executor(),
                 [&](absl::StatusOr<std::string> result) {
                   EXPECT_TRUE(result.ok());
                   if (result.ok() && !over) return call();
                   if (--calling == 0) work.reset();
                 });
  };
  boost::asio::post(loop, [&] {
    for (int i = 0; i < kCallers; ++i) call();
  });
  std::thread worker([&loop] { loop.run(); });
  for (std::uint64_t sequence = 4; sequence < 4 + kEvents; ++sequence) {
    service_.Tell(MessageOf(JoinedUpdate("r", 7, sequence)));
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (observer.last() < 3 + kEvents && std::chrono::steady_clock::now() < deadline) Pass(Duration(1));
  over = true;
  worker.join();
  // Whoever posted the last of it may not be done with the loop yet.
  client_.Stop();
  EXPECT_TRUE(observer.in_order());
  EXPECT_EQ(observer.last(), 3 + kEvents);
}

}  // namespace
}  // namespace parley::edge
