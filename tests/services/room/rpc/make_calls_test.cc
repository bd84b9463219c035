#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/services/room/rpc/rpc_fixture.h"

namespace parley::room {
namespace {

using common::v1::Answer;

/// A client's end of a stream of calls that is written and read by hand.
class Caller {
 public:
  explicit Caller(v1::RoomService::Stub& stub) {
    context_.set_deadline(std::chrono::system_clock::now() + kPatience);
    stream_ = stub.MakeCalls(&context_);
  }

  /// Adds a call to the next message.
  template <typename Request>
  void Add(std::uint64_t number, const std::string& rpc, const Request& request) {
    AddBytes(number, rpc, request.SerializeAsString());
  }
  void AddBytes(std::uint64_t number, const std::string& rpc, const std::string& request) {
    common::v1::Call& call = *request_.add_calls();
    call.set_number(number);
    call.set_rpc(rpc);
    call.set_request(request);
    call.set_timeout_ms(60'000);
  }
  v1::MakeCallsRequest& request() { return request_; }

  bool Send() { return stream_->Write(std::exchange(request_, {})); }
  void HalfClose() { stream_->WritesDone(); }

  /// Reads until there are `count` answers more, by their numbers.
  std::map<std::uint64_t, Answer> Read(std::size_t count) {
    std::map<std::uint64_t, Answer> answers;
    v1::MakeCallsResponse response;
    while (answers.size() < count && stream_->Read(&response)) {
      for (const Answer& answer : response.answers()) {
        EXPECT_TRUE(answers.emplace(answer.number(), answer).second) << "answered twice";
      }
    }
    return answers;
  }

  void AwaitOpen() { stream_->WaitForInitialMetadata(); }

  absl::Status Finish() {
    v1::MakeCallsResponse response;
    while (stream_->Read(&response)) ADD_FAILURE() << "unexpected: " << response.ShortDebugString();
    return rpc::FromGrpcStatus(stream_->Finish());
  }

 private:
  grpc::ClientContext context_;
  v1::MakeCallsRequest request_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::MakeCallsRequest, v1::MakeCallsResponse>> stream_;
};

class MakeCallsTest : public RpcFixture {
 protected:
  MakeCallsTest() : caller_(*stub_) {}

  v1::UpdateNameRequest NameRequest(const std::string& room_id, const v1::JoinRoomResponse& joined,
                                    const std::string& name) {
    v1::UpdateNameRequest request;
    request.set_room_id(room_id);
    *request.mutable_credentials() = joined.credentials();
    request.set_name(name);
    return request;
  }

  std::string NameIn(const std::string& room_id) {
    v1::GetRoomRequest request;
    request.set_room_id(room_id);
    return Ask(&v1::RoomService::Stub::GetRoom, request).value().room().participants(0).name();
  }

  Caller caller_;
};

TEST_F(MakeCallsTest, EveryCallOfAMessageIsAnsweredUnderItsNumber) {
  for (const std::uint64_t number : {7, 3, 900}) caller_.Add(number, "CreateRoom", v1::CreateRoomRequest());
  ASSERT_TRUE(caller_.Send());
  std::set<std::string> rooms;
  for (const auto& [number, answer] : caller_.Read(3)) {
    EXPECT_TRUE(number == 7 || number == 3 || number == 900);
    v1::CreateRoomResponse response;
    ASSERT_TRUE(response.ParseFromString(answer.response()));
    rooms.insert(response.room().id());
  }
  EXPECT_EQ(rooms.size(), 3u);
}

TEST_F(MakeCallsTest, CallsOnOneRoomTakeEffectInTheirOrder) {
  const std::string room_id = CreateRoom();
  const v1::JoinRoomResponse joined = JoinRoom(room_id);
  for (std::uint64_t number = 1; number <= 20; ++number) {
    caller_.Add(number, "UpdateName", NameRequest(room_id, joined, "Ada " + std::to_string(number)));
  }
  ASSERT_TRUE(caller_.Send());
  std::uint64_t last = 0;
  for (const auto& [number, answer] : caller_.Read(20)) {
    v1::UpdateNameResponse response;
    ASSERT_TRUE(response.ParseFromString(answer.response()));
    EXPECT_GT(response.position().sequence(), last);
    last = response.position().sequence();
  }
  EXPECT_EQ(NameIn(room_id), "Ada 20");
}

TEST_F(MakeCallsTest, ARequestIdIsTheSameByEitherWay) {
  v1::CreateRoomRequest request;
  request.set_request_id("once");
  caller_.Add(1, "CreateRoom", request);
  ASSERT_TRUE(caller_.Send());
  v1::CreateRoomResponse first;
  ASSERT_TRUE(first.ParseFromString(caller_.Read(1).at(1).response()));
  const auto again = Ask(&v1::RoomService::Stub::CreateRoom, request);
  EXPECT_EQ(again.value().room().id(), first.room().id());
}

TEST_F(MakeCallsTest, ARefusalCarriesItsReasonAndTheStreamStays) {
  v1::GetRoomRequest unknown;
  unknown.set_room_id("000000000");
  caller_.Add(1, "GetRoom", unknown);
  caller_.AddBytes(2, "GetRoom", "\x0a\xff");
  caller_.Add(3, "GetRooms", unknown);
  ASSERT_TRUE(caller_.Send());
  const auto answers = caller_.Read(3);
  EXPECT_EQ(answers.at(1).error().reason(), "ROOM_NOT_FOUND");
  EXPECT_EQ(answers.at(1).error().code(), static_cast<int>(grpc::StatusCode::NOT_FOUND));
  EXPECT_EQ(answers.at(2).error().reason(), "INVALID_REQUEST");
  EXPECT_EQ(answers.at(3).error().reason(), "UNKNOWN_RPC");
  EXPECT_EQ(answers.at(3).error().code(), static_cast<int>(grpc::StatusCode::UNIMPLEMENTED));
  caller_.Add(4, "CreateRoom", v1::CreateRoomRequest());
  ASSERT_TRUE(caller_.Send());
  EXPECT_TRUE(caller_.Read(1).at(4).has_response());
}

TEST_F(MakeCallsTest, AClientThatClosesItsSideGetsAllAnswers) {
  for (std::uint64_t number = 1; number <= 50; ++number) {
    caller_.Add(number, "CreateRoom", v1::CreateRoomRequest());
  }
  ASSERT_TRUE(caller_.Send());
  caller_.HalfClose();
  EXPECT_EQ(caller_.Read(50).size(), 50u);
  EXPECT_EQ(caller_.Finish(), absl::OkStatus());
}

TEST_F(MakeCallsTest, AServiceThatStopsEndsTheStreamsItHasAndThoseToCome) {
  caller_.AwaitOpen();
  service_.StopStreams();
  EXPECT_TRUE(Is(caller_.Finish(), kShuttingDown));
  Caller late(*stub_);
  EXPECT_TRUE(Is(late.Finish(), kShuttingDown));
}

TEST_F(MakeCallsTest, WhatWasHeldUpForLongerThanItsCallerWaitsIsNotTakenUp) {
  const std::string room_id = CreateRoom();
  const v1::JoinRoomResponse joined = JoinRoom(room_id);
  constexpr std::uint64_t kSent = 10'000'000;
  caller_.Add(1, "UpdateName", NameRequest(room_id, joined, "Ada"));
  caller_.request().set_sent_ms(kSent);
  ASSERT_TRUE(caller_.Send());
  EXPECT_TRUE(caller_.Read(1).at(1).has_response());

  // As if this one had been sent an hour before the first, and had come only now.
  caller_.Add(2, "UpdateName", NameRequest(room_id, joined, "Eve"));
  caller_.request().set_sent_ms(kSent - 3'600'000);
  ASSERT_TRUE(caller_.Send());
  EXPECT_EQ(caller_.Read(1).at(2).error().code(), static_cast<int>(grpc::StatusCode::DEADLINE_EXCEEDED));
  EXPECT_EQ(NameIn(room_id), "Ada");
}

}  // namespace
}  // namespace parley::room
