#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/ids/digest.h"
#include "services/messaging/domain/errors.h"
#include "services/room/application/room_application.h"
#include "services/room/rpc/room_rpc.h"
#include "tests/services/messaging/support/messaging_server.h"
#include "tests/support/connected_channel.h"

namespace parley::messaging {
namespace {

/// room-service as its main composes it, in this process.
class RoomServer {
 public:
  RoomServer()
      : timers_(clock_),
        application_(store_, clock_, ids_, timers_,
                     {.join_timeout = Duration(60'000), .max_participants = 500}),
        service_(application_) {
    EXPECT_TRUE(application_.Start().ok());
    server_ = std::make_unique<rpc::GrpcServer>("127.0.0.1:0", std::vector<grpc::Service*>{&service_});
    stub_ = room::v1::RoomService::NewStub(parley::testing::ConnectedChannel(server_->port()));
  }

  ~RoomServer() {
    service_.StopStreams();
    server_ = nullptr;
    timers_.Stop();
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", server_->port()); }

  std::string CreateRoom() {
    grpc::ClientContext context;
    room::v1::CreateRoomResponse response;
    EXPECT_TRUE(stub_->CreateRoom(&context, {}, &response).ok());
    return response.room().id();
  }

  room::v1::JoinRoomResponse Join(const std::string& room_id) {
    grpc::ClientContext context;
    room::v1::JoinRoomRequest request;
    request.set_room_id(room_id);
    room::v1::JoinRoomResponse response;
    EXPECT_TRUE(stub_->JoinRoom(&context, request, &response).ok());
    return response;
  }

  /// Returns the position after it.
  parley::common::v1::Position Leave(const std::string& room_id, const room::v1::Credentials& credentials) {
    grpc::ClientContext context;
    room::v1::LeaveRoomRequest request;
    request.set_room_id(room_id);
    *request.mutable_credentials() = credentials;
    room::v1::LeaveRoomResponse response;
    EXPECT_TRUE(stub_->LeaveRoom(&context, request, &response).ok());
    return response.position();
  }

 private:
  SystemClock clock_;
  RandomIdSource ids_;
  storage::MemoryLogStore store_;
  TimerQueue timers_;
  room::RoomApplication application_;
  room::RoomRpc service_;
  std::unique_ptr<rpc::GrpcServer> server_;
  std::unique_ptr<room::v1::RoomService::Stub> stub_;
};

v1::Credentials From(const room::v1::Credentials& credentials) {
  v1::Credentials from;
  from.set_participant_id(credentials.participant_id());
  from.set_key(credentials.key());
  return from;
}

class WithRoomServiceTest : public ::testing::Test {
 protected:
  WithRoomServiceTest() : messaging_(rooms_.address(), {}) {}

  absl::StatusOr<v1::SendMessageResponse> Say(const std::string& room_id, const room::v1::Credentials& from,
                                              const std::string& to, const std::string& content) {
    v1::SendMessageRequest request = SendRequest(room_id, "", to, content);
    *request.mutable_from() = From(from);
    return messaging_.Send(request);
  }

  absl::StatusOr<v1::ListMessagesResponse> List(const std::string& room_id,
                                                const room::v1::Credentials& who) {
    v1::ListMessagesRequest request = ListRequest(room_id, "");
    *request.mutable_credentials() = From(who);
    return messaging_.List(request);
  }

  RoomServer rooms_;
  MessagingServer messaging_;
};

TEST_F(WithRoomServiceTest, WhoeverJoinsMaySendAtOnce) {
  const std::string room_id = rooms_.CreateRoom();
  for (int i = 0; i < 20; ++i) {
    const auto joined = rooms_.Join(room_id);
    const auto sent = Say(room_id, joined.credentials(), "", "hi");
    EXPECT_TRUE(sent.ok()) << sent.status();
  }
}

TEST_F(WithRoomServiceTest, JoinerListsWhatItMaySeeAsOfItsJoining) {
  const std::string room_id = rooms_.CreateRoom();
  const auto ann = rooms_.Join(room_id).credentials();
  const auto bob = rooms_.Join(room_id).credentials();
  ASSERT_TRUE(Say(room_id, ann, "", "to everyone").ok());
  ASSERT_TRUE(Say(room_id, ann, bob.participant_id(), "to bob").ok());
  const auto joined = rooms_.Join(room_id);
  v1::ListMessagesRequest request = ListRequest(room_id, "");
  *request.mutable_credentials() = From(joined.credentials());
  *request.mutable_membership_position() = joined.position();
  const auto listed = messaging_.List(request);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->messages_size(), 1);
  EXPECT_EQ(listed->messages(0).content(), "to everyone");
}

TEST_F(WithRoomServiceTest, WhoeverHasLeftCannotActOnceItsLeavingIsAwaited) {
  const std::string room_id = rooms_.CreateRoom();
  const auto ann = rooms_.Join(room_id).credentials();
  for (int i = 0; i < 20; ++i) {
    const auto bob = rooms_.Join(room_id).credentials();
    ASSERT_TRUE(Say(room_id, bob, "", "hi").ok());
    ASSERT_TRUE(messaging_.AwaitMembership(room_id, rooms_.Leave(room_id, bob)).ok());
    EXPECT_TRUE(Is(Say(room_id, bob, "", "hi").status(), kSenderNotFound));
    EXPECT_TRUE(Is(Say(room_id, ann, bob.participant_id(), "hi").status(), kRecipientNotFound));
  }
}

TEST_F(WithRoomServiceTest, MessagesOfWhoeverLeftAreListedWithItsName) {
  const std::string room_id = rooms_.CreateRoom();
  const auto ann = rooms_.Join(room_id).credentials();
  const auto bob = rooms_.Join(room_id).credentials();
  ASSERT_TRUE(Say(room_id, bob, "", "hi").ok());
  ASSERT_TRUE(messaging_.AwaitMembership(room_id, rooms_.Leave(room_id, bob)).ok());
  const auto listed = List(room_id, ann);
  ASSERT_EQ(listed->former_participants_size(), 1);
  EXPECT_EQ(listed->former_participants(0).id(), bob.participant_id());
  EXPECT_EQ(listed->former_participants(0).name(), bob.participant_id()) << "it joined without a name";
}

TEST_F(WithRoomServiceTest, MessagesEndWithTheRoomWhenItsHostLeaves) {
  const std::string room_id = rooms_.CreateRoom();
  const auto host = rooms_.Join(room_id).credentials();
  const auto bob = rooms_.Join(room_id).credentials();
  ASSERT_TRUE(Say(room_id, bob, "", "hi").ok());
  EXPECT_TRUE(Is(messaging_.AwaitMembership(room_id, rooms_.Leave(room_id, host)), kRoomNotFound));
  EXPECT_TRUE(Is(Say(room_id, bob, "", "hi").status(), kRoomNotFound));
  EXPECT_TRUE(Is(List(room_id, bob).status(), kRoomNotFound));
}

TEST_F(WithRoomServiceTest, RoomIsFoundByTheHashOfItsIdAndItsKeysOpenNoOther) {
  const std::string room_id = rooms_.CreateRoom();
  const std::string other_id = rooms_.CreateRoom();
  const auto ann = rooms_.Join(room_id).credentials();
  rooms_.Join(other_id);
  v1::SendMessageRequest request = SendRequest(room_id, "", "", "hi");
  *request.mutable_from() = From(ann);
  request.mutable_room()->set_room_id_hash(Md5Hex(room_id));
  EXPECT_TRUE(messaging_.Send(request).ok());
  request.mutable_room()->set_room_id_hash(Md5Hex(other_id));
  EXPECT_TRUE(Is(messaging_.Send(request).status(), kSenderNotFound));
}

TEST_F(WithRoomServiceTest, NothingIsLostWhileMembersComeAndGo) {
  const std::string room_id = rooms_.CreateRoom();
  const auto host = rooms_.Join(room_id).credentials();
  std::atomic<int> sent{0};
  std::vector<std::thread> visitors;
  for (int v = 0; v < 4; ++v) {
    visitors.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        const auto visitor = rooms_.Join(room_id).credentials();
        const auto to_all = Say(room_id, visitor, "", "hi");
        const auto to_host = Say(room_id, visitor, host.participant_id(), "hello");
        EXPECT_TRUE(to_all.ok()) << to_all.status();
        EXPECT_TRUE(to_host.ok()) << to_host.status();
        sent += 2;
        EXPECT_TRUE(messaging_.AwaitMembership(room_id, rooms_.Leave(room_id, visitor)).ok());
        EXPECT_TRUE(Is(Say(room_id, visitor, "", "hi").status(), kSenderNotFound));
      }
    });
  }
  for (std::thread& visitor : visitors) visitor.join();
  v1::ListMessagesRequest request = ListRequest(room_id, "");
  *request.mutable_credentials() = From(host);
  request.set_page_size(200);
  const auto listed = messaging_.List(request);
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->messages_size(), sent);
  EXPECT_EQ(listed->former_participants_size(), 40);
}

}  // namespace
}  // namespace parley::messaging
