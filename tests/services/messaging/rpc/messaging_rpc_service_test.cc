#include "services/messaging/rpc/messaging_rpc_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "absl/strings/str_cat.h"
#include "common/grpc/position_conversion.h"
#include "common/ids/digest.h"
#include "common/metrics/metrics.h"
#include "services/messaging/domain/errors.h"
#include "tests/services/messaging/support/messaging_server.h"

namespace parley::messaging {
namespace {

constexpr char kRoom[] = "123456789";

parley::common::v1::Position Position(std::uint64_t incarnation, std::uint64_t sequence) {
  return rpc::ToProto(storage::Position{incarnation, sequence});
}

/// Whether a call was refused with the code, the reason and the text of the contract.
testing::AssertionResult IsRefusal(const absl::Status& status, const ErrorReason& reason) {
  if (Is(status, reason) && std::string(status.message()) == reason.message)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << status.ToString();
}

TEST(MessagingRpcTest, MessageThatIsSentComesBackWhole) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann", "bob"});
  const auto sent = server.Say(kRoom, "ann", "bob", " <b>verbatim</b> ");
  ASSERT_TRUE(sent.ok()) << sent.status();
  const v1::Message& message = sent->message();
  EXPECT_EQ(message.id().size(), 36u);
  EXPECT_EQ(message.from(), "ann");
  EXPECT_EQ(message.to().participant_id(), "bob");
  EXPECT_EQ(message.content(), " <b>verbatim</b> ");
  EXPECT_TRUE(message.has_create_time());
  EXPECT_FALSE(message.has_edit_time());
  EXPECT_EQ(message.reactions_size(), 0);
}

TEST(MessagingRpcTest, EditAnswersTheMessageAsItIsNow) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  const auto sent = server.Say(kRoom, "ann", "", "before");
  const auto edited = server.Edit(EditRequest(kRoom, "ann", sent->message().id(), "after"));
  ASSERT_TRUE(edited.ok()) << edited.status();
  EXPECT_EQ(edited->message().content(), "after");
  EXPECT_TRUE(edited->message().has_edit_time());
  EXPECT_TRUE(edited->message().to().has_everyone());
}

TEST(MessagingRpcTest, EveryRefusalHasTheCodeReasonAndTextOfTheContract) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann", "bob"});
  EXPECT_TRUE(IsRefusal(server.Say("000000000", "ann", "", "hi").status(), kRoomNotFound));
  EXPECT_TRUE(IsRefusal(server.Say(kRoom, "nobody", "", "hi").status(), kSenderNotFound));
  v1::SendMessageRequest wrong_key = SendRequest(kRoom, "ann", "", "hi");
  wrong_key.mutable_from()->set_key("guessed");
  EXPECT_TRUE(IsRefusal(server.Send(wrong_key).status(), kKeyMismatch));
  EXPECT_TRUE(IsRefusal(server.Say(kRoom, "ann", "nobody", "hi").status(), kRecipientNotFound));
  EXPECT_TRUE(IsRefusal(server.Say(kRoom, "ann", "", "").status(), kInvalidContent));
  EXPECT_TRUE(IsRefusal(server.Edit(EditRequest(kRoom, "ann", "m", "hi")).status(), kMessageNotFound));
  EXPECT_TRUE(IsRefusal(server.Edit(EditRequest(kRoom, "ann", "m", "")).status(), kInvalidContent));
  EXPECT_TRUE(IsRefusal(server.Delete(DeleteRequest(kRoom, "ann", "m")).status(), kMessageNotFound));
  const auto sent = server.Say(kRoom, "ann", "bob", "hi");
  EXPECT_TRUE(
      IsRefusal(server.Delete(DeleteRequest(kRoom, "bob", sent->message().id())).status(), kNotAuthor));
  EXPECT_TRUE(IsRefusal(server.List(ListRequest(kRoom, "nobody")).status(), kSenderNotFound));
  EXPECT_TRUE(Is(server.Send({}).status(), kInvalidRequest));
  EXPECT_TRUE(Is(server.Edit({}).status(), kInvalidRequest));
  EXPECT_TRUE(Is(server.Delete({}).status(), kInvalidRequest));
  EXPECT_TRUE(Is(server.List({}).status(), kInvalidRequest));
  EXPECT_TRUE(Is(server.AwaitMembership("", {}), kInvalidRequest));
}

TEST(MessagingRpcTest, TooFastSaysWhenToComeBack) {
  ScriptedServer server({{0.001, 1}, Duration(20'000)});
  server.rooms().Create(kRoom, 7, {"ann"});
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "hi").ok());
  const absl::Status refused = server.Say(kRoom, "ann", "", "hi").status();
  EXPECT_TRUE(IsRefusal(refused, kTooManyMessages));
  const auto metadata = MetadataOf(refused);
  ASSERT_TRUE(metadata.contains("retry_after_ms"));
  EXPECT_GT(std::stol(metadata.at("retry_after_ms")), 900'000);
}

TEST(MessagingRpcTest, RoomIsFoundByTheHashOfItsId) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  v1::SendMessageRequest request = SendRequest(kRoom, "ann", "", "hi");
  request.mutable_room()->set_room_id_hash(Md5Hex(kRoom));
  EXPECT_TRUE(server.Send(request).ok());
  request.mutable_room()->set_room_id_hash(Md5Hex("000000000"));
  EXPECT_TRUE(IsRefusal(server.Send(request).status(), kRoomNotFound));
}

TEST(MessagingRpcTest, RepeatedRequestIsSentOnce) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  v1::SendMessageRequest request = SendRequest(kRoom, "ann", "", "hi");
  request.set_request_id("r1");
  const auto first = server.Send(request);
  const auto second = server.Send(request);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(server.List(ListRequest(kRoom, "ann"))->messages_size(), 1);
}

TEST(MessagingRpcTest, PageIsFiftyUnlessAskedForAndNeverMoreThanTwoHundred) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  for (int i = 0; i < 201; ++i) ASSERT_TRUE(server.Say(kRoom, "ann", "", absl::StrCat(i)).ok());
  v1::ListMessagesRequest request = ListRequest(kRoom, "ann");
  auto listed = server.List(request);
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->messages_size(), 50);
  EXPECT_EQ(listed->messages(0).content(), "151");
  EXPECT_EQ(listed->messages(49).content(), "200");
  EXPECT_TRUE(listed->has_more());
  EXPECT_EQ(rpc::FromProto(listed->position()), (storage::Position{7, 201}));
  request.set_page_size(2);
  EXPECT_EQ(server.List(request)->messages_size(), 2);
  request.set_page_size(1'000'000);
  EXPECT_EQ(server.List(request)->messages_size(), 200);
}

TEST(MessagingRpcTest, ThoseWhoLeftAreListedByTheirLastName) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann", "bob"});
  ASSERT_TRUE(server.Say(kRoom, "bob", "", "hi").ok());
  ASSERT_TRUE(server.AwaitMembership(kRoom, rpc::ToProto(server.rooms().Leave(kRoom, "bob"))).ok());
  const auto listed = server.List(ListRequest(kRoom, "ann"));
  ASSERT_EQ(listed->former_participants_size(), 1);
  EXPECT_EQ(listed->former_participants(0).id(), "bob");
  EXPECT_EQ(listed->former_participants(0).name(), "name of bob");
}

TEST(MessagingRpcTest, WhoeverHasLeftCannotActOnceItsLeavingIsAwaited) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann", "bob"});
  const auto sent = server.Say(kRoom, "bob", "", "hi");
  ASSERT_TRUE(server.AwaitMembership(kRoom, rpc::ToProto(server.rooms().Leave(kRoom, "bob"))).ok());
  EXPECT_TRUE(IsRefusal(server.Say(kRoom, "bob", "", "hi").status(), kSenderNotFound));
  EXPECT_TRUE(
      IsRefusal(server.Edit(EditRequest(kRoom, "bob", sent->message().id(), "x")).status(), kSenderNotFound));
}

TEST(MessagingRpcTest, MembershipIsAwaitedUntilItIsKnown) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "hi").ok());
  auto awaited =
      std::async(std::launch::async, [&] { return server.AwaitMembership(kRoom, Position(7, 3)); });
  server.rooms().Join(kRoom, "bob");
  EXPECT_TRUE(awaited.get().ok());
  EXPECT_TRUE(IsRefusal(server.AwaitMembership(kRoom, Position(6, 3)), kRoomNotFound)) << "a former life";
}

TEST(MessagingRpcTest, JoinerWhoseNewsAreStillUnderWayMayAct) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "hi").ok());
  server.rooms().Join(kRoom, "bob", false);
  EXPECT_TRUE(server.Say(kRoom, "bob", "ann", "hi").ok());
}

TEST(MessagingRpcTest, KnownRoomIsServedWhileRoomServiceIsAwayAndAnUnknownOneIsUnavailable) {
  ScriptedServer server({{0, 1}, Duration(300)});
  server.rooms().Create(kRoom, 7, {"ann"});
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "hi").ok());
  server.rooms().service().Stop();
  EXPECT_TRUE(server.Say(kRoom, "ann", "", "hi").ok());
  EXPECT_EQ(ReasonOf(server.Say("000000000", "ann", "", "hi").status()), "SERVICE_UNAVAILABLE");
  EXPECT_EQ(ReasonOf(server.Say(kRoom, "bob", "", "hi").status()), "SERVICE_UNAVAILABLE")
      << "it may have joined";
  while (server.rooms().service().pending_requests() > 0) server.rooms().service().NextRequest();
  server.rooms().service().Start();
  ASSERT_TRUE(server.rooms().service().NextRequest().has_value()) << "the watch is open again";
  server.rooms().Join(kRoom, "bob", false);
  EXPECT_TRUE(server.Say(kRoom, "bob", "", "hi").ok());
}

TEST(MessagingRpcTest, CallEndsAtItsDeadline) {
  ScriptedServer server;
  server.rooms().service().set_subscribe_answer(nullptr);
  const absl::Status late = server.Send(SendRequest(kRoom, "ann", "", "hi"), Duration(50)).status();
  EXPECT_EQ(ReasonOf(late), "SERVICE_UNAVAILABLE");
}

TEST(MessagingRpcTest, CallThatWaitsIsAnsweredWhenTheServiceStops) {
  ScriptedServer server;
  server.rooms().service().set_subscribe_answer(nullptr);
  auto waiting = std::async(std::launch::async, [&] { return server.Say(kRoom, "ann", "", "hi").status(); });
  ASSERT_TRUE(server.rooms().service().NextRequest().has_value()) << "the call has come to wait for the room";
  server.application().Stop();
  EXPECT_TRUE(Is(waiting.get(), kShuttingDown));
}

TEST(MessagingRpcTest, AnswersAreCountedByCode) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "hi").ok());
  ASSERT_FALSE(server.Say(kRoom, "ann", "", "").ok());
  const std::string rendered = metrics::Render();
  EXPECT_THAT(rendered, testing::ContainsRegex("parley_rpc_total.code=\"OK\",rpc=\"SendMessage\". [1-9]"));
  EXPECT_THAT(rendered, testing::ContainsRegex(
                            "parley_rpc_total.code=\"INVALID_ARGUMENT\",rpc=\"SendMessage\". [1-9]"));
}

}  // namespace
}  // namespace parley::messaging
