#include "services/room/rpc/room_rpc.h"

#include <functional>
#include <string>

#include "common/ids/digest.h"
#include "common/metrics/metrics.h"
#include "services/room/domain/errors.h"
#include "tests/services/room/rpc/rpc_fixture.h"

namespace parley::room {
namespace {

using Stub = v1::RoomService::Stub;

class RoomRpcTest : public RpcFixture {
 protected:
  absl::StatusOr<v1::GetRoomResponse> GetRoom(const std::string& room_id) {
    v1::GetRoomRequest request;
    request.set_room_id(room_id);
    return Ask(&Stub::GetRoom, request);
  }
};

TEST_F(RoomRpcTest, CreateRoomAnswersWithTheEmptyRoom) {
  v1::CreateRoomRequest request;
  request.set_name("Stand-up");
  const auto response = Ask(&Stub::CreateRoom, request);
  ASSERT_TRUE(response.ok()) << response.status();
  const v1::Room& room = response->room();
  EXPECT_EQ(room.id().size(), 9u);
  EXPECT_EQ(room.id().find_first_not_of("0123456789"), std::string::npos);
  EXPECT_EQ(room.id_hash(), Md5Hex(room.id()));
  EXPECT_EQ(room.name(), "Stand-up");
  EXPECT_EQ(room.participants_size(), 0);
  EXPECT_GT(room.create_time().seconds(), 0);
  EXPECT_NE(response->position().incarnation(), 0u);
  EXPECT_EQ(response->position().sequence(), 1u);
}

TEST_F(RoomRpcTest, JoinRoomAnswersWithCredentialsAndRoom) {
  const std::string room_id = CreateRoom();
  v1::JoinRoomRequest request;
  request.set_room_id(room_id);
  request.set_name("Ada");
  const auto response = Ask(&Stub::JoinRoom, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->credentials().participant_id().size(), 36u);
  EXPECT_EQ(response->credentials().key().size(), 32u);
  ASSERT_EQ(response->room().participants_size(), 1);
  const v1::Participant& participant = response->room().participants(0);
  EXPECT_EQ(participant.id(), response->credentials().participant_id());
  EXPECT_EQ(participant.name(), "Ada");
  EXPECT_EQ(participant.role(), v1::ROLE_HOST);
  EXPECT_FALSE(participant.media_state().camera_enabled());
  EXPECT_EQ(response->position().sequence(), 2u);
}

TEST_F(RoomRpcTest, OnlyServicesAreToldOfKeysAndConnections) {
  const std::string room_id = CreateRoom();
  v1::JoinRoomRequest join;
  join.set_room_id(room_id);
  join.mutable_connection()->set_edge_id("edge");
  join.mutable_connection()->set_id("connection");
  const auto joined = Ask(&Stub::JoinRoom, join);
  ASSERT_TRUE(joined.ok()) << joined.status();
  v1::ReconnectParticipantRequest reconnect;
  reconnect.set_room_id(room_id);
  *reconnect.mutable_credentials() = joined->credentials();
  *reconnect.mutable_connection() = join.connection();
  const auto reconnected = Ask(&Stub::ReconnectParticipant, reconnect);
  ASSERT_TRUE(reconnected.ok()) << reconnected.status();
  const auto read = GetRoom(room_id);
  ASSERT_TRUE(read.ok()) << read.status();

  v1::Participant participant = read->room().participants(0);
  EXPECT_EQ(participant.key_sha256(), Sha256(joined->credentials().key()));
  EXPECT_EQ(participant.connection().id(), "connection");
  participant.clear_key_sha256();
  participant.clear_connection();
  for (const v1::Room* told : {&joined->room(), &reconnected->room()}) {
    ASSERT_EQ(told->participants_size(), 1);
    EXPECT_EQ(told->participants(0).SerializeAsString(), participant.SerializeAsString());
  }
}

TEST_F(RoomRpcTest, JoinerMayChooseWhoItIs) {
  v1::JoinRoomRequest request;
  request.set_room_id(CreateRoom());
  request.set_request_id("once");
  request.mutable_credentials()->set_participant_id("0a1b2c3d-0000-4000-8000-00000000000f");
  request.mutable_credentials()->set_key("00112233445566778899aabbccddeeff");
  const auto first = Ask(&Stub::JoinRoom, request);
  const auto again = Ask(&Stub::JoinRoom, request);
  ASSERT_TRUE(first.ok() && again.ok()) << first.status() << again.status();
  for (const auto* answer : {&*first, &*again}) {
    EXPECT_EQ(answer->credentials().SerializeAsString(), request.credentials().SerializeAsString());
    EXPECT_EQ(answer->room().participants_size(), 1);
  }
  request.set_request_id("twice");
  EXPECT_TRUE(Is(Ask(&Stub::JoinRoom, request).status(), kInvalidRequest)) << "the id is taken";

  v1::LeaveRoomRequest leave;
  leave.set_room_id(request.room_id());
  *leave.mutable_credentials() = request.credentials();
  EXPECT_TRUE(Ask(&Stub::LeaveRoom, leave).ok());
}

TEST_F(RoomRpcTest, ChosenCredentialsHaveToBeLikeThoseOfTheService) {
  v1::JoinRoomRequest request;
  request.set_room_id(CreateRoom());
  const std::string id = "0a1b2c3d-0000-4000-8000-00000000000f";
  const std::string key = "00112233445566778899aabbccddeeff";
  using Pair = std::pair<std::string, std::string>;
  for (const auto& [wrong_id, wrong_key] :
       {Pair{"", ""}, Pair{id, ""}, Pair{"", key}, Pair{"everyone", key}, Pair{id + "0", key},
        Pair{"0A1B2C3D-0000-4000-8000-00000000000F", key}, Pair{id, "secret"}, Pair{id, key + "0"}}) {
    request.mutable_credentials()->set_participant_id(wrong_id);
    request.mutable_credentials()->set_key(wrong_key);
    EXPECT_TRUE(Is(Ask(&Stub::JoinRoom, request).status(), kInvalidRequest)) << wrong_id << ' ' << wrong_key;
  }
}

TEST_F(RoomRpcTest, ListRoomEventsTellsWhatFollows) {
  const std::string room_id = CreateRoom();
  JoinRoom(room_id);
  v1::ListRoomEventsRequest request;
  request.set_room_id(room_id);
  *request.mutable_after() = GetRoom(room_id)->position();
  const auto nothing = Ask(&Stub::ListRoomEvents, request);
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(nothing->events_size(), 0);
  EXPECT_FALSE(nothing->has_more());

  request.mutable_after()->set_sequence(1);
  const auto joining = Ask(&Stub::ListRoomEvents, request);
  ASSERT_TRUE(joining.ok()) << joining.status();
  ASSERT_EQ(joining->events_size(), 1);
  EXPECT_TRUE(joining->events(0).has_participant_joined());
  EXPECT_EQ(joining->events(0).position().sequence(), 2u);

  request.mutable_after()->set_sequence(3);
  EXPECT_TRUE(Is(Ask(&Stub::ListRoomEvents, request).status(), kPositionNotServed)) << "beyond the head";
  request.mutable_after()->set_sequence(1);
  request.mutable_after()->set_incarnation(request.after().incarnation() + 1);
  EXPECT_TRUE(Is(Ask(&Stub::ListRoomEvents, request).status(), kPositionNotServed)) << "another life";
  request.clear_after();
  EXPECT_TRUE(Is(Ask(&Stub::ListRoomEvents, request).status(), kInvalidRequest));
  request.set_room_id("999999999");
  request.mutable_after()->set_incarnation(1);
  EXPECT_TRUE(Is(Ask(&Stub::ListRoomEvents, request).status(), kRoomNotFound));
}

TEST_F(RoomRpcTest, GetRoomFindsTheRoomByIdAndByHash) {
  const std::string room_id = CreateRoom();
  JoinRoom(room_id);
  v1::GetRoomRequest by_hash;
  by_hash.set_room_id_hash(Md5Hex(room_id));
  const auto found_by_id = GetRoom(room_id);
  const auto found_by_hash = Ask(&Stub::GetRoom, by_hash);
  ASSERT_TRUE(found_by_id.ok() && found_by_hash.ok());
  EXPECT_EQ(found_by_id->room().participants_size(), 1);
  EXPECT_EQ(found_by_id->position().sequence(), 2u);
  EXPECT_EQ(found_by_id->SerializeAsString(), found_by_hash->SerializeAsString());
}

TEST_F(RoomRpcTest, UpdateNameChangesTheName) {
  const std::string room_id = CreateRoom();
  const auto joined = JoinRoom(room_id);
  ASSERT_TRUE(UpdateName(room_id, joined.credentials(), "Grace").ok());
  EXPECT_EQ(GetRoom(room_id)->room().participants(0).name(), "Grace");
}

TEST_F(RoomRpcTest, UpdateMediaStateMergesAndAnswersWithTheWholeState) {
  const std::string room_id = CreateRoom();
  v1::UpdateMediaStateRequest request;
  request.set_room_id(room_id);
  *request.mutable_credentials() = JoinRoom(room_id).credentials();
  request.set_camera_enabled(true);
  ASSERT_TRUE(Ask(&Stub::UpdateMediaState, request).ok());
  request.clear_camera_enabled();
  request.set_microphone_enabled(true);
  const auto response = Ask(&Stub::UpdateMediaState, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->media_state().camera_enabled());
  EXPECT_TRUE(response->media_state().microphone_enabled());
  EXPECT_EQ(response->position().sequence(), 4u);
}

TEST_F(RoomRpcTest, LeaveRoomAnswersWithThePositionAfterIt) {
  const std::string room_id = CreateRoom();
  JoinRoom(room_id);
  v1::LeaveRoomRequest request;
  request.set_room_id(room_id);
  *request.mutable_credentials() = JoinRoom(room_id).credentials();
  const auto response = Ask(&Stub::LeaveRoom, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->position().sequence(), 4u);
  EXPECT_EQ(GetRoom(room_id)->position().SerializeAsString(), response->position().SerializeAsString());
}

TEST_F(RoomRpcTest, RepeatedRequestIsAnsweredWithTheFirstAnswer) {
  v1::CreateRoomRequest create;
  create.set_request_id("create-1");
  const auto created = Ask(&Stub::CreateRoom, create);
  EXPECT_EQ(Ask(&Stub::CreateRoom, create)->SerializeAsString(), created->SerializeAsString());
  v1::JoinRoomRequest join;
  join.set_request_id("join-1");
  join.set_room_id(created->room().id());
  const auto joined = Ask(&Stub::JoinRoom, join);
  EXPECT_EQ(Ask(&Stub::JoinRoom, join)->SerializeAsString(), joined->SerializeAsString());
}

TEST_F(RoomRpcTest, EveryRefusalHasItsCodeReasonAndText) {
  const std::string room_id = CreateRoom();
  const v1::Credentials good = JoinRoom(room_id).credentials();
  v1::Credentials wrong_key = good;
  wrong_key.set_key("0123456789abcdef0123456789abcdef");
  v1::Credentials stranger;
  stranger.set_participant_id("nobody");

  absl::Status status = UpdateName("999999999x", good, "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "ROOM_NOT_FOUND");
  EXPECT_EQ(status.message(), "The room doesn't exist");

  status = UpdateName(room_id, wrong_key, "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(status), "KEY_MISMATCH");
  EXPECT_EQ(status.message(), "The key did not match");

  status = LeaveRoom(room_id, stranger);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "PARTICIPANT_NOT_FOUND");

  status = UpdateName(room_id, good, std::string(65, 'x'));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_NAME");
  EXPECT_TRUE(GetRoom(room_id).ok());
}

class TinyRoomRpcTest : public RpcFixture {
 protected:
  TinyRoomRpcTest() : RpcFixture({.join_timeout = Duration(3'600'000), .max_participants = 1}) {}
};

TEST_F(TinyRoomRpcTest, FullRoomIsResourceExhausted) {
  const std::string room_id = CreateRoom();
  JoinRoom(room_id);
  v1::JoinRoomRequest request;
  request.set_room_id(room_id);
  const absl::Status status = Ask(&Stub::JoinRoom, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "ROOM_FULL");
  EXPECT_EQ(status.message(), "The room is full");
}

TEST_F(RoomRpcTest, MissingFieldIsNamed) {
  const auto expect_invalid = [](const absl::Status& status, const std::string& field) {
    EXPECT_EQ(ReasonOf(status), "INVALID_REQUEST") << status;
    EXPECT_EQ(std::string(status.message()).rfind(field, 0), 0u) << status;
  };
  expect_invalid(Ask(&Stub::GetRoom, v1::GetRoomRequest()).status(), "room");
  expect_invalid(Ask(&Stub::JoinRoom, v1::JoinRoomRequest()).status(), "room_id");
  expect_invalid(Ask(&Stub::LeaveRoom, v1::LeaveRoomRequest()).status(), "room_id");
  v1::UpdateNameRequest no_credentials;
  no_credentials.set_room_id("123456789");
  expect_invalid(Ask(&Stub::UpdateName, no_credentials).status(), "credentials");
  v1::CreateRoomRequest long_id;
  long_id.set_request_id(std::string(65, 'x'));
  expect_invalid(Ask(&Stub::CreateRoom, long_id).status(), "request_id");
}

TEST_F(RoomRpcTest, CallsAreCountedByTheirCode) {
  const auto count = [](const char* code) {
    return metrics::Counter("parley_rpc_total", "", {{"rpc", "GetRoom"}, {"code", code}}).Value();
  };
  const double ok = count("OK");
  const double not_found = count("NOT_FOUND");
  const std::string room_id = CreateRoom();
  ASSERT_TRUE(GetRoom(room_id).ok());
  ASSERT_FALSE(GetRoom("nowhere").ok());
  EXPECT_EQ(count("OK"), ok + 1);
  EXPECT_EQ(count("NOT_FOUND"), not_found + 1);
}

}  // namespace
}  // namespace parley::room
