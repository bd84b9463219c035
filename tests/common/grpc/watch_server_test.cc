#include "common/grpc/watch_server.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc/channel.h"
#include "common/grpc/grpc_server.h"
#include "common/turn/turn.h"
#include "gtest/gtest.h"
#include "parley/room/v1/room_service.grpc.pb.h"
#include "tests/support/connected_channel.h"

namespace parley::rpc {
namespace {

namespace v1 = parley::room::v1;
using parley::common::v1::SubscriptionEnded;
using Stream = WatchStream<v1::WatchRoomsRequest, v1::WatchRoomsResponse>;
using Sink = UpdateSink<v1::RoomUpdate>;

constexpr std::chrono::seconds kPatience{60};

/// Serves one stream, which the test feeds by hand, and notes what the client asks for.
class ScriptedService final : public v1::RoomService::CallbackService, public WatchDelegate {
 public:
  grpc::ServerBidiReactor<v1::WatchRoomsRequest, v1::WatchRoomsResponse>* WatchRooms(
      grpc::CallbackServerContext*) override {
    return Stream::Start(make_delegate_, streams_);
  }

  void Subscribe(const parley::common::v1::Subscribe& subscribe) override { Note("+" + subscribe.room_id()); }
  void Unsubscribe(const std::string& room_id) override { Note("-" + room_id); }
  std::optional<storage::Position> PositionOf(const std::string& room_id) override {
    Note("?" + room_id);
    if (room_id == "a") return storage::Position{7, 3};
    return std::nullopt;
  }
  void Closed() override { Note("closed"); }

  void StopStreams() { streams_.Stop(); }

  /// The stream, as soon as there is one.
  std::shared_ptr<Sink> AwaitStream() {
    const absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](std::shared_ptr<Sink>* stream) { return *stream != nullptr; }, &stream_));
    return stream_;
  }

  /// Waits until the client has asked for `count` things, and returns them.
  std::vector<std::string> AwaitNotes(std::size_t count) {
    const absl::MutexLock lock(&mutex_);
    auto enough = [&] { return notes_.size() >= count; };
    mutex_.Await(absl::Condition(&enough));
    return notes_;
  }

 private:
  void Note(std::string note) {
    const absl::MutexLock lock(&mutex_);
    notes_.push_back(std::move(note));
  }

  /// The service itself, which nobody owns.
  const Stream::MakeDelegate make_delegate_ = [this](std::shared_ptr<Sink> sink) {
    const absl::MutexLock lock(&mutex_);
    stream_ = std::move(sink);
    return std::shared_ptr<WatchDelegate>(std::shared_ptr<void>(), this);
  };
  Stream::Set streams_;

  absl::Mutex mutex_;
  std::shared_ptr<Sink> stream_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> notes_ ABSL_GUARDED_BY(mutex_);
};

class WatchServerTest : public ::testing::Test {
 protected:
  WatchServerTest()
      : server_("127.0.0.1:0", {&service_}),
        stub_(v1::RoomService::NewStub(parley::testing::ConnectedChannel(server_.port()))) {
    context_.set_deadline(std::chrono::system_clock::now() + kPatience);
    client_ = stub_->WatchRooms(&context_);
    stream_ = service_.AwaitStream();
  }

  void Ask(const v1::WatchRoomsRequest& request) { EXPECT_TRUE(client_->Write(request)); }

  void Push(const std::string& room_id, std::size_t bytes = 0) {
    stream_->Push([&](v1::RoomUpdate& update) {
      update.set_room_id(room_id);
      update.mutable_snapshot()->mutable_room()->set_name(std::string(bytes, 'x'));
    });
  }

  /// Reads what is left, and returns the room ids of the updates.
  std::vector<std::string> ReadAll() {
    std::vector<std::string> room_ids;
    v1::WatchRoomsResponse response;
    while (client_->Read(&response)) {
      messages_.push_back(response.ByteSizeLong());
      for (const auto& update : response.updates()) room_ids.push_back(update.room_id());
    }
    return room_ids;
  }

  std::string Reason() { return ReasonOf(FromGrpcStatus(client_->Finish())); }

  ScriptedService service_;
  GrpcServer server_;
  std::unique_ptr<v1::RoomService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WatchRoomsRequest, v1::WatchRoomsResponse>> client_;
  std::shared_ptr<Sink> stream_;
  std::vector<std::size_t> messages_;
};

TEST_F(WatchServerTest, StreamIsLiveBeforeThereIsAnythingToSay) {
  client_->WaitForInitialMetadata();
  stream_->End(absl::OkStatus());
  EXPECT_TRUE(ReadAll().empty());
  EXPECT_EQ(service_.AwaitNotes(1), std::vector<std::string>{"closed"});
}

TEST_F(WatchServerTest, UpdatesOfManyThreadsArriveOnceAndEachThreadsInOrder) {
  constexpr int kThreads = 4;
  constexpr int kUpdates = 500;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      for (int n = 0; n < kUpdates; ++n) Push(absl::StrCat(i, " ", n));
    });
  }
  std::vector<int> next(kThreads, 0);
  v1::WatchRoomsResponse response;
  for (int read = 0; read < kThreads * kUpdates;) {
    ASSERT_TRUE(client_->Read(&response));
    for (const auto& update : response.updates()) {
      const int thread = update.room_id()[0] - '0';
      EXPECT_EQ(update.room_id(), absl::StrCat(thread, " ", next[thread]++));
      ++read;
    }
  }
  for (std::thread& thread : threads) thread.join();
  stream_->End(absl::OkStatus());
  EXPECT_TRUE(ReadAll().empty());
  EXPECT_TRUE(client_->Finish().ok());
}

TEST_F(WatchServerTest, MessagesStaySmallWhenMuchHasPiledUp) {
  constexpr int kUpdates = 50;
  constexpr std::size_t kBytes = 100'000;
  for (int i = 0; i < kUpdates; ++i) Push(std::to_string(i), kBytes);
  client_->WritesDone();
  const std::vector<std::string> room_ids = ReadAll();
  ASSERT_EQ(room_ids.size(), static_cast<std::size_t>(kUpdates));
  for (int i = 0; i < kUpdates; ++i) EXPECT_EQ(room_ids[i], std::to_string(i));
  for (const std::size_t bytes : messages_) EXPECT_LT(bytes, Stream::kMaxBatchBytes + 2 * kBytes);
}

TEST_F(WatchServerTest, WatcherThatFallsTooFarBehindIsToldWhatWaitsAndThenSo) {
  constexpr std::size_t kBytes = 100'000;
  constexpr std::size_t kUpdates = 2 * Stream::kMaxPendingBytes / kBytes;
  {
    // As somebody who comes back is told all that it has missed.
    const Turn turn;
    for (std::size_t i = 0; i < kUpdates; ++i) Push(std::to_string(i), kBytes);
  }
  const std::vector<std::string> room_ids = ReadAll();
  // What arrives is whole as far as it goes.
  EXPECT_LT(room_ids.size(), kUpdates);
  EXPECT_GE(room_ids.size(), Stream::kMaxPendingBytes / kBytes);
  for (std::size_t i = 0; i < room_ids.size(); ++i) EXPECT_EQ(room_ids[i], std::to_string(i));
  EXPECT_EQ(Reason(), "WATCHER_TOO_SLOW");
  EXPECT_EQ(service_.AwaitNotes(1), std::vector<std::string>{"closed"});
}

TEST_F(WatchServerTest, HalfClosedStreamEndsWhenItIsIdleAndEverythingIsWritten) {
  stream_->SetIdle(false);
  client_->WritesDone();
  Push("a", 1'000'000);
  Push("b");
  stream_->SetIdle(true);
  EXPECT_EQ(ReadAll(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(client_->Finish().ok());
}

TEST_F(WatchServerTest, RequestsReachTheDelegateInOrder) {
  v1::WatchRoomsRequest subscribe;
  subscribe.mutable_subscribe()->set_room_id("a");
  v1::WatchRoomsRequest unsubscribe;
  unsubscribe.mutable_unsubscribe()->set_room_id("a");
  Ask(subscribe);
  Ask(unsubscribe);
  Ask(subscribe);
  EXPECT_EQ(service_.AwaitNotes(3), (std::vector<std::string>{"+a", "-a", "+a"}));
  v1::WatchRoomsResponse response;
  ASSERT_TRUE(client_->Read(&response));
  EXPECT_EQ(response.updates(0).ended().reason(), SubscriptionEnded::REASON_UNSUBSCRIBED);
  stream_->End(absl::OkStatus());
  ReadAll();
}

TEST_F(WatchServerTest, HeartbeatIsAnsweredAfterWhatWasPushedBefore) {
  Push("a", 1'000'000);
  for (const char* room_id : {"a", "b", ""}) {
    v1::WatchRoomsRequest heartbeat;
    heartbeat.mutable_heartbeat()->set_room_id(room_id);
    Ask(heartbeat);
  }
  client_->WritesDone();
  std::vector<v1::RoomUpdate> updates;
  v1::WatchRoomsResponse response;
  while (client_->Read(&response))
    updates.insert(updates.end(), response.updates().begin(), response.updates().end());
  ASSERT_EQ(updates.size(), 4u);
  EXPECT_TRUE(updates[0].has_snapshot());
  EXPECT_EQ(updates[1].room_id(), "a");
  EXPECT_EQ(updates[1].heartbeat().position().incarnation(), 7u);
  EXPECT_EQ(updates[1].heartbeat().position().sequence(), 3u);
  EXPECT_EQ(updates[2].room_id(), "b");
  EXPECT_TRUE(updates[2].has_heartbeat());
  EXPECT_FALSE(updates[2].heartbeat().has_position());
  EXPECT_TRUE(updates[3].has_heartbeat());
  EXPECT_EQ(service_.AwaitNotes(3), (std::vector<std::string>{"?a", "?b", "closed"}));
}

TEST_F(WatchServerTest, EmptyRequestIsInvalid) {
  Ask(v1::WatchRoomsRequest());
  ReadAll();
  EXPECT_EQ(Reason(), "INVALID_REQUEST");
}

TEST_F(WatchServerTest, ClientThatGoesAwayEndsTheStream) {
  context_.TryCancel();
  EXPECT_EQ(service_.AwaitNotes(1), std::vector<std::string>{"closed"});
  // Whoever still holds the stream may go on telling it.
  Push("a");
  stream_->End(absl::OkStatus());
  stream_->SetIdle(true);
}

TEST_F(WatchServerTest, StoppedSetEndsItsStreamsAndTakesNoMore) {
  service_.StopStreams();
  ReadAll();
  EXPECT_EQ(Reason(), "SHUTTING_DOWN");
  grpc::ClientContext context;
  const auto late = stub_->WatchRooms(&context);
  v1::WatchRoomsResponse response;
  EXPECT_FALSE(late->Read(&response));
  EXPECT_EQ(ReasonOf(FromGrpcStatus(late->Finish())), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace parley::rpc
