#include "common/grpc/call_stream.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/grpc/grpc_server.h"
#include "common/turn/turn.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "parley/room/v1/room_service.grpc.pb.h"
#include "tests/support/connected_channel.h"

namespace parley::rpc {
namespace {

namespace v1 = parley::room::v1;
using parley::common::v1::Answer;
using ::testing::HasSubstr;
using ::testing::Not;
using Stream = CallStream<v1::MakeCallsRequest, v1::MakeCallsResponse>;

constexpr std::chrono::seconds kPatience{60};

/// Knows one rpc, GetRoom, whose calls the test answers by hand, by the rooms that they ask for; those for
/// "at once" are answered in the call. Whoever follows a room is told of it at once.
class ScriptedService final : public v1::RoomService::CallbackService, public WatchDelegate {
 public:
  grpc::ServerBidiReactor<v1::MakeCallsRequest, v1::MakeCallsResponse>* MakeCalls(
      grpc::CallbackServerContext*) override {
    return Stream::Start(rpcs_, make_delegate_, streams_);
  }

  void Subscribe(const parley::common::v1::Subscribe& subscribe) override { Tell(subscribe.room_id()); }
  void Unsubscribe(const std::string&) override {}
  std::optional<storage::Position> PositionOf(const std::string&) override { return storage::Position{7, 3}; }
  void Closed() override {
    const absl::MutexLock lock(&mutex_);
    sink_ = nullptr;
    ++watches_closed_;
  }

  /// Tells whoever follows rooms of this one; nobody once the stream that did is over.
  void Tell(const std::string& room_id, std::size_t bytes = 0) {
    const std::shared_ptr<UpdateSink<v1::RoomUpdate>> sink = [this] {
      const absl::MutexLock lock(&mutex_);
      return sink_;
    }();
    if (sink == nullptr) return;
    sink->Push([&](v1::RoomUpdate& update) {
      update.set_room_id(room_id);
      update.mutable_snapshot()->mutable_room()->set_name(std::string(bytes, 'x'));
    });
  }

  /// Waits until so many of the streams that followed rooms are over.
  void AwaitWatchesClosed(int count) {
    const absl::MutexLock lock(&mutex_);
    auto closed = [&] { return watches_closed_ == count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&closed), absl::FromChrono(kPatience)));
  }

  void StopStreams() { streams_.Stop(); }

  /// Waits until the room has been asked for; returns when its caller stops waiting.
  Time AwaitCall(const std::string& room_id) {
    const absl::MutexLock lock(&mutex_);
    auto there = [&] { return calls_.contains(room_id); };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&there), absl::FromChrono(kPatience))) {
      ADD_FAILURE() << "nobody asks for " << room_id;
      return {};
    }
    return calls_.at(room_id).call.deadline();
  }

  bool WasAsked(const std::string& room_id) {
    const absl::MutexLock lock(&mutex_);
    return calls_.contains(room_id);
  }

  /// Answers who asks for the room, as soon as somebody does.
  void Answer(const std::string& room_id, const absl::Status& status = absl::OkStatus()) {
    AwaitCall(room_id);
    const Asked asked = [&] {
      const absl::MutexLock lock(&mutex_);
      return calls_.at(room_id);
    }();
    asked.response->mutable_room()->set_id(room_id);
    asked.call.Finish(status);
  }

 private:
  struct Asked {
    ServerCall call;
    v1::GetRoomResponse* response;
  };

  void GetRoom(const ServerCall& call, const v1::GetRoomRequest& request, v1::GetRoomResponse* response) {
    if (request.room_id() == "at once") return call.Finish(absl::OkStatus());
    const absl::MutexLock lock(&mutex_);
    calls_.emplace(request.room_id(), Asked{call, response});
  }

  UnaryRpc<v1::GetRoomRequest, v1::GetRoomResponse> get_room_{"GetRoom", *this, &ScriptedService::GetRoom};
  const RpcTable rpcs_{&get_room_};
  /// The service itself, which nobody owns.
  const Stream::MakeDelegate make_delegate_ = [this](std::shared_ptr<UpdateSink<v1::RoomUpdate>> sink) {
    const absl::MutexLock lock(&mutex_);
    sink_ = std::move(sink);
    return std::shared_ptr<WatchDelegate>(std::shared_ptr<void>(), this);
  };
  Stream::Set streams_;

  absl::Mutex mutex_;
  std::map<std::string, Asked> calls_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<UpdateSink<v1::RoomUpdate>> sink_ ABSL_GUARDED_BY(mutex_);
  int watches_closed_ ABSL_GUARDED_BY(mutex_) = 0;
};

class CallStreamTest : public ::testing::Test {
 protected:
  CallStreamTest()
      : server_("127.0.0.1:0", {&service_}),
        stub_(v1::RoomService::NewStub(parley::testing::ConnectedChannel(server_.port()))) {
    context_.set_deadline(std::chrono::system_clock::now() + kPatience);
    client_ = stub_->MakeCalls(&context_);
  }

  /// Sends one message that asks for these rooms, whose calls are numbered on, and that follows others.
  void Ask(const std::vector<std::string>& room_ids, std::uint32_t timeout_ms = 60'000,
           const std::vector<std::string>& followed = {}) {
    v1::MakeCallsRequest message;
    for (const std::string& room_id : followed) {
      message.add_watch_requests()->mutable_subscribe()->set_room_id(room_id);
    }
    for (const std::string& room_id : room_ids) {
      v1::GetRoomRequest request;
      request.set_room_id(room_id);
      auto& call = *message.add_calls();
      call.set_number(++last_number_);
      call.set_rpc("GetRoom");
      call.set_request(request.SerializeAsString());
      call.set_timeout_ms(timeout_ms);
    }
    EXPECT_TRUE(client_->Write(message));
  }

  /// The next message; empty when the stream is over.
  v1::MakeCallsResponse ReadMessage() {
    v1::MakeCallsResponse response;
    if (!client_->Read(&response)) response.Clear();
    return response;
  }

  /// The answers of the next message; none when the stream is over.
  std::vector<Answer> Read() {
    const v1::MakeCallsResponse response = ReadMessage();
    return {response.answers().begin(), response.answers().end()};
  }

  /// The next message, which must be the answer to one call.
  Answer ReadOne() {
    std::vector<Answer> answers = Read();
    EXPECT_EQ(answers.size(), 1u);
    return answers.empty() ? Answer() : std::move(answers.front());
  }

  static std::string RoomIn(const Answer& answer) {
    v1::GetRoomResponse response;
    EXPECT_TRUE(response.ParseFromString(answer.response()));
    return response.room().id();
  }

  absl::Status Finish() {
    EXPECT_TRUE(Read().empty());
    return FromGrpcStatus(client_->Finish());
  }

  ScriptedService service_;
  GrpcServer server_;
  std::unique_ptr<v1::RoomService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::MakeCallsRequest, v1::MakeCallsResponse>> client_;
  std::uint64_t last_number_ = 0;
};

TEST_F(CallStreamTest, ACallIsAnsweredAsSoonAsItCanBeWhateverCameBefore) {
  Ask({"a", "b", "c"});
  const std::vector<std::pair<std::string, std::uint64_t>> order{{"c", 3}, {"a", 1}, {"b", 2}};
  for (const auto& [room_id, number] : order) {
    service_.Answer(room_id);
    const Answer answer = ReadOne();
    EXPECT_EQ(answer.number(), number);
    EXPECT_EQ(RoomIn(answer), room_id);
  }
  client_->WritesDone();
  EXPECT_EQ(Finish(), absl::OkStatus());
}

TEST_F(CallStreamTest, WhatOneMessageAsksAndCanBeToldAtOnceIsToldInOneMessage) {
  Ask(std::vector<std::string>(100, "at once"));
  EXPECT_EQ(Read().size(), 100u);
  client_->WritesDone();
  EXPECT_EQ(Finish(), absl::OkStatus());
}

TEST_F(CallStreamTest, AnErrorCarriesItsReasonAndMetadata) {
  Ask({"a"});
  service_.Answer("a", MakeError(kRoomNotFound, "Gone", {{"since", "noon"}}));
  const Answer answer = ReadOne();
  EXPECT_EQ(answer.number(), 1u);
  ASSERT_TRUE(answer.has_error());
  const absl::Status error = FromCallError(answer.error());
  EXPECT_TRUE(Is(error, kRoomNotFound));
  EXPECT_EQ(error.message(), "Gone");
  EXPECT_EQ(MetadataOf(error), (std::map<std::string, std::string>{{"since", "noon"}}));
}

TEST_F(CallStreamTest, AnErrorWithoutAReasonTellsNothing) {
  Ask({"a"});
  service_.Answer("a", absl::UnknownError("/var/lib"));
  const Answer answer = ReadOne();
  EXPECT_TRUE(Is(FromCallError(answer.error()), kInternal));
  EXPECT_THAT(answer.ShortDebugString(), Not(HasSubstr("/var/lib")));
}

TEST_F(CallStreamTest, BytesThatAreNoRequestAreRefusedBeforeTheRpcSeesThem) {
  v1::MakeCallsRequest message;
  auto& call = *message.add_calls();
  call.set_number(5);
  call.set_rpc("GetRoom");
  // Half of a request for "at".
  call.set_request(
      "\x0a\x07"
      "at");
  ASSERT_TRUE(client_->Write(message));
  const Answer answer = ReadOne();
  EXPECT_EQ(answer.number(), 5u);
  EXPECT_TRUE(Is(FromCallError(answer.error()), kInvalidRequest));
  EXPECT_FALSE(service_.WasAsked("at"));
  Ask({"at once"});
  EXPECT_FALSE(ReadOne().has_error());
}

TEST_F(CallStreamTest, ACallWithoutATimeoutMayTakeForever) {
  Ask({"a"}, 0);
  EXPECT_EQ(service_.AwaitCall("a"), Time::max());
  Ask({"b"}, 1'000);
  EXPECT_LT(service_.AwaitCall("b"), Time::max());
  context_.TryCancel();
}

TEST_F(CallStreamTest, AClientThatHasClosedItsSideGetsWhatItIsStillOwed) {
  Ask({"a", "b"});
  client_->WritesDone();
  service_.Answer("b");
  EXPECT_EQ(ReadOne().number(), 2u);
  service_.Answer("a");
  EXPECT_EQ(ReadOne().number(), 1u);
  EXPECT_EQ(Finish(), absl::OkStatus());
}

TEST_F(CallStreamTest, AnAnswerToAClientThatIsGoneIsNobodys) {
  Ask({"a"});
  service_.AwaitCall("a");
  context_.TryCancel();
  client_->Finish();
  // Waits until the server has heard of it as well.
  server_.Shutdown(kPatience);
  service_.Answer("a");
}

TEST_F(CallStreamTest, AServiceThatStopsAnswersWhatItHasTaken) {
  Ask({"a", "b"});
  service_.AwaitCall("b");
  service_.StopStreams();
  service_.Answer("a");
  EXPECT_EQ(ReadOne().number(), 1u);
  service_.Answer("b");
  EXPECT_EQ(ReadOne().number(), 2u);
  EXPECT_TRUE(Is(Finish(), kShuttingDown));
}

TEST_F(CallStreamTest, AServiceThatStopsTakesNothingNew) {
  Ask({"taken"});
  service_.AwaitCall("taken");
  service_.StopStreams();
  Ask({"late"});
  service_.Answer("taken");
  EXPECT_EQ(ReadOne().number(), 1u);
  EXPECT_TRUE(Is(Finish(), kShuttingDown));
  EXPECT_FALSE(service_.WasAsked("late"));
}

TEST_F(CallStreamTest, AnswersAndUpdatesOfOneMessageAreToldInOne) {
  Ask({"at once", "at once"}, 60'000, {"a", "b"});
  const v1::MakeCallsResponse message = ReadMessage();
  EXPECT_EQ(message.answers_size(), 2);
  ASSERT_EQ(message.updates_size(), 2);
  EXPECT_EQ(message.updates(0).room_id(), "a");
  EXPECT_EQ(message.updates(1).room_id(), "b");
  client_->WritesDone();
  context_.TryCancel();
  service_.AwaitWatchesClosed(1);
}

TEST_F(CallStreamTest, AHeartbeatIsAnsweredWithTheRoomsPosition) {
  v1::MakeCallsRequest message;
  message.add_watch_requests()->mutable_heartbeat()->set_room_id("a");
  ASSERT_TRUE(client_->Write(message));
  const v1::MakeCallsResponse response = ReadMessage();
  ASSERT_EQ(response.updates_size(), 1);
  EXPECT_EQ(response.updates(0).heartbeat().position().sequence(), 3u);
}

TEST_F(CallStreamTest, ARequestToFollowNothingEndsTheStream) {
  v1::MakeCallsRequest message;
  message.add_watch_requests();
  ASSERT_TRUE(client_->Write(message));
  EXPECT_TRUE(Is(Finish(), kInvalidRequest));
  service_.AwaitWatchesClosed(1);
}

TEST_F(CallStreamTest, AServiceThatStopsTellsNoNewsBehindItsAnswers) {
  Ask({"taken"}, 60'000, {"a"});
  EXPECT_EQ(ReadMessage().updates_size(), 1);
  service_.AwaitCall("taken");
  service_.StopStreams();
  service_.Tell("a");
  service_.Answer("taken");
  const v1::MakeCallsResponse message = ReadMessage();
  EXPECT_EQ(message.answers_size(), 1);
  EXPECT_EQ(message.updates_size(), 0);
  EXPECT_TRUE(Is(Finish(), kShuttingDown));
}

TEST_F(CallStreamTest, ReaderThatFallsTooFarBehindIsToldWhatWaitsAndThenSo) {
  Ask({"asked"}, 60'000, {"a"});
  EXPECT_EQ(ReadMessage().updates_size(), 1);
  service_.AwaitCall("asked");
  constexpr std::size_t kBytes = 100'000;
  for (std::size_t i = 0; i < 2 * Stream::kMaxPendingBytes / kBytes; ++i) service_.Tell("a", kBytes);
  // What was taken before is still answered.
  service_.Answer("asked");
  std::size_t told = 0;
  int answered = 0;
  for (v1::MakeCallsResponse message = ReadMessage(); message.updates_size() + message.answers_size() > 0;
       message = ReadMessage()) {
    told += static_cast<std::size_t>(message.updates_size());
    answered += message.answers_size();
  }
  EXPECT_GE(told, Stream::kMaxPendingBytes / kBytes);
  EXPECT_EQ(answered, 1);
  EXPECT_TRUE(Is(FromGrpcStatus(client_->Finish()), kWatcherTooSlow));
}

TEST_F(CallStreamTest, TheLargestAnswerArrivesBehindAsManyUpdatesAsOneMessageTakes) {
  // Two hundred messages of 4,000 characters of four bytes.
  const std::string room_id(3'400'000, 'x');
  Ask({room_id}, 60'000, {"a"});
  EXPECT_EQ(ReadMessage().updates_size(), 1);
  service_.AwaitCall(room_id);
  {
    const Turn turn;
    service_.Tell("a", Stream::kMaxBatchBytes - 100);
    service_.Answer(room_id);
  }
  v1::MakeCallsResponse message = ReadMessage();
  EXPECT_EQ(message.updates_size(), 1);
  // The end of the write before may have come between the two.
  if (message.answers_size() == 0) message = ReadMessage();
  ASSERT_EQ(message.answers_size(), 1);
  EXPECT_EQ(RoomIn(message.answers(0)), room_id);
}

TEST_F(CallStreamTest, LargeAnswersAreSpreadOverMessages) {
  std::vector<std::string> room_ids;
  for (int i = 0; i < 40; ++i) room_ids.push_back(std::string(100'000, 'x') + std::to_string(i));
  // What is asked must not be larger than a message, either.
  for (std::size_t i = 0; i < room_ids.size(); i += 10) {
    Ask({room_ids.begin() + static_cast<std::ptrdiff_t>(i),
         room_ids.begin() + static_cast<std::ptrdiff_t>(i) + 10});
  }
  for (const std::string& room_id : room_ids) service_.Answer(room_id);
  std::size_t answered = 0;
  while (answered < room_ids.size()) {
    const std::vector<Answer> answers = Read();
    ASSERT_FALSE(answers.empty());
    std::size_t bytes = 0;
    for (const Answer& answer : answers) bytes += answer.ByteSizeLong();
    EXPECT_LE(bytes, Stream::kMaxBatchBytes + 200'000);
    answered += answers.size();
  }
}

}  // namespace
}  // namespace parley::rpc
