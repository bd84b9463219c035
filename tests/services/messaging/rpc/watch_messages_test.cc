#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc/position_conversion.h"
#include "common/grpc/status_conversion.h"
#include "common/metrics/metrics.h"
#include "tests/services/messaging/support/messaging_server.h"

namespace parley::messaging {
namespace {

using testing::ElementsAre;

constexpr char kRoom[] = "123456789";
constexpr char kOther[] = "222222222";

/// The client of one Watch stream.
class Watch {
 public:
  explicit Watch(MessagingServer& server) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    stream_ = server.stub().WatchMessages(&context_);
  }

  void Subscribe(const std::string& room_id, std::optional<storage::Position> after = std::nullopt) {
    v1::WatchMessagesRequest request;
    request.mutable_subscribe()->set_room_id(room_id);
    if (after) *request.mutable_subscribe()->mutable_after() = rpc::ToProto(*after);
    stream_->Write(request);
  }
  void Unsubscribe(const std::string& room_id) {
    v1::WatchMessagesRequest request;
    request.mutable_unsubscribe()->set_room_id(room_id);
    stream_->Write(request);
  }
  void Heartbeat(const std::string& room_id) {
    v1::WatchMessagesRequest request;
    request.mutable_heartbeat()->set_room_id(room_id);
    stream_->Write(request);
  }
  void Write(const v1::WatchMessagesRequest& request) { stream_->Write(request); }
  void HalfClose() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }

  /// The next update; nothing when the stream is over.
  std::optional<v1::MessageUpdate> NextUpdate() {
    while (next_ >= batch_.updates_size()) {
      if (!stream_->Read(&batch_)) return std::nullopt;
      next_ = 0;
    }
    return batch_.updates(next_++);
  }

  /// The same in short: "room snapshot 7/0", "room sent 7/1 hi", "room heartbeat 7/1", "room ended 2",
  /// "over".
  std::string Next() {
    const auto update = NextUpdate();
    if (!update) return "over";
    if (update->has_heartbeat()) {
      const auto& answer = update->heartbeat();
      return absl::StrCat(update->room_id(), " heartbeat",
                          answer.has_position() ? " " + Text(answer.position()) : "");
    }
    if (update->has_ended()) return absl::StrCat(update->room_id(), " ended ", update->ended().reason());
    if (update->has_snapshot()) {
      return absl::StrCat(update->room_id(), " snapshot ", Text(update->snapshot().position()));
    }
    const v1::MessageEvent& event = update->event();
    const std::string where = Text(event.position());
    if (event.has_message_sent()) {
      return absl::StrCat(update->room_id(), " sent ", where, " ", event.message_sent().message().content());
    }
    if (event.has_message_edited()) {
      return absl::StrCat(update->room_id(), " edited ", where, " ",
                          event.message_edited().message().content());
    }
    return absl::StrCat(update->room_id(), " deleted ", where, " ",
                        event.message_deleted().message().content());
  }

  absl::Status Finish() { return rpc::FromGrpcStatus(stream_->Finish()); }

 private:
  static std::string Text(const parley::common::v1::Position& position) {
    return absl::StrCat(position.incarnation(), "/", position.sequence());
  }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WatchMessagesRequest, v1::WatchMessagesResponse>> stream_;
  v1::WatchMessagesResponse batch_;
  int next_ = 0;
};

TEST(WatchMessagesTest, SnapshotIsFollowedByEverythingThatHappens) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  Watch watch(server);
  watch.Subscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/0");
  const std::string id = server.Say(kRoom, "ann", "", "one")->message().id();
  ASSERT_TRUE(server.Edit(EditRequest(kRoom, "ann", id, "two")).ok());
  ASSERT_TRUE(server.Delete(DeleteRequest(kRoom, "ann", id)).ok());
  EXPECT_EQ(watch.Next(), "123456789 sent 7/1 one");
  EXPECT_EQ(watch.Next(), "123456789 edited 7/2 two");
  EXPECT_EQ(watch.Next(), "123456789 deleted 7/3 two");
}

TEST(WatchMessagesTest, EveryEventSaysWhomItIsFor) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann", "bob"});
  Watch watch(server);
  watch.Subscribe(kRoom);
  ASSERT_TRUE(watch.NextUpdate()->has_snapshot());
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "to everyone").ok());
  ASSERT_TRUE(server.Say(kRoom, "ann", "bob", "to bob").ok());
  ASSERT_TRUE(server.Say(kRoom, "ann", "ann", "to herself").ok());
  EXPECT_EQ(watch.NextUpdate()->event().audience().everyone_except().participant_id(), "ann");
  EXPECT_THAT(watch.NextUpdate()->event().audience().participants().participant_ids(), ElementsAre("bob"));
  EXPECT_THAT(watch.NextUpdate()->event().audience().participants().participant_ids(), ElementsAre("ann"));
}

TEST(WatchMessagesTest, SubscriptionResumesAfterAPosition) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  for (const char* content : {"one", "two", "three"}) ASSERT_TRUE(server.Say(kRoom, "ann", "", content).ok());
  Watch watch(server);
  watch.Subscribe(kRoom, storage::Position{7, 1});
  EXPECT_EQ(watch.Next(), "123456789 sent 7/2 two");
  EXPECT_EQ(watch.Next(), "123456789 sent 7/3 three");
}

TEST(WatchMessagesTest, PositionThatCannotBeServedIsAnsweredWithASnapshot) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "one").ok());
  Watch watch(server);
  watch.Subscribe(kRoom, storage::Position{6, 1});
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/1");
}

TEST(WatchMessagesTest, HeartbeatTellsWhereAFollowedRoomIsAndNothingOfOthers) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  Watch watch(server);
  watch.Heartbeat(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 heartbeat");
  watch.Subscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/0");
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "one").ok());
  watch.Heartbeat(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 sent 7/1 one");
  EXPECT_EQ(watch.Next(), "123456789 heartbeat 7/1");
  watch.Heartbeat("");
  EXPECT_EQ(watch.Next(), " heartbeat");
}

TEST(WatchMessagesTest, ManyRoomsShareAStreamAndEachCanBeLeft) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  server.rooms().Create(kOther, 8, {"ann"});
  Watch watch(server);
  watch.Subscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/0");
  watch.Subscribe(kOther);
  EXPECT_EQ(watch.Next(), "222222222 snapshot 8/0");
  watch.Unsubscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 ended 4") << "as confirmation";
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "unheard").ok());
  ASSERT_TRUE(server.Say(kOther, "ann", "", "heard").ok());
  EXPECT_EQ(watch.Next(), "222222222 sent 8/1 heard");
}

TEST(WatchMessagesTest, SubscribingAgainReplacesTheSubscription) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  Watch watch(server);
  watch.Subscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/0");
  watch.Subscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/0");
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "one").ok());
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "two").ok());
  EXPECT_EQ(watch.Next(), "123456789 sent 7/1 one");
  EXPECT_EQ(watch.Next(), "123456789 sent 7/2 two");
}

TEST(WatchMessagesTest, OneSubscriptionAndAHalfCloseFollowTheRoomToItsEnd) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  Watch watch(server);
  watch.Subscribe(kRoom);
  watch.HalfClose();
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/0");
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "one").ok());
  EXPECT_EQ(watch.Next(), "123456789 sent 7/1 one");
  server.rooms().Destroy(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 ended 2");
  EXPECT_EQ(watch.Next(), "over");
  EXPECT_TRUE(watch.Finish().ok());
}

TEST(WatchMessagesTest, RoomThatDoesNotExistEndsItsSubscriptionOnly) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  Watch watch(server);
  watch.Subscribe(kOther);
  EXPECT_EQ(watch.Next(), "222222222 ended 1");
  watch.Subscribe("");
  EXPECT_EQ(watch.Next(), " ended 1");
  watch.Subscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/0");
}

TEST(WatchMessagesTest, RoomThatStaysUnknownIsUnavailable) {
  ScriptedServer server({{0, 1}, Duration(50)});
  server.rooms().service().set_subscribe_answer(nullptr);
  Watch watch(server);
  watch.Subscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 ended 3");
}

TEST(WatchMessagesTest, RequestWithoutContentEndsTheStream) {
  ScriptedServer server;
  Watch watch(server);
  watch.Write({});
  EXPECT_EQ(watch.Next(), "over");
  EXPECT_TRUE(Is(watch.Finish(), kInvalidRequest));
}

TEST(WatchMessagesTest, StreamsEndWhenTheServiceStops) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  Watch watch(server);
  watch.Subscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/0");
  server.service().StopStreams();
  EXPECT_EQ(watch.Next(), "over");
  EXPECT_TRUE(Is(watch.Finish(), kShuttingDown));
  Watch late(server);
  EXPECT_EQ(late.Next(), "over");
  EXPECT_TRUE(Is(late.Finish(), kShuttingDown));
}

TEST(WatchMessagesTest, RoomGoesOnAfterAWatcherHasVanished) {
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"ann"});
  {
    Watch vanishing(server);
    vanishing.Subscribe(kRoom);
    EXPECT_EQ(vanishing.Next(), "123456789 snapshot 7/0");
    vanishing.Cancel();
    EXPECT_FALSE(vanishing.Finish().ok());
  }
  Watch watch(server);
  watch.Subscribe(kRoom);
  EXPECT_EQ(watch.Next(), "123456789 snapshot 7/0");
  ASSERT_TRUE(server.Say(kRoom, "ann", "", "one").ok());
  EXPECT_EQ(watch.Next(), "123456789 sent 7/1 one");
}

/// What a watcher that lists and then follows has of a room: every event from its snapshot on, or from the
/// listing's position on, without a hole.
void FollowTo(MessagingServer& server, const std::string& last, std::vector<std::string>& contents) {
  Watch watch(server);
  watch.Subscribe(kRoom);
  const auto snapshot = watch.NextUpdate();
  ASSERT_TRUE(snapshot && snapshot->has_snapshot());
  v1::ListMessagesRequest request = ListRequest(kRoom, "reader");
  request.set_page_size(200);
  const auto listed = server.List(request);
  ASSERT_TRUE(listed.ok());
  for (const v1::Message& message : listed->messages()) contents.push_back(message.content());
  ASSERT_GE(listed->position().sequence(), snapshot->snapshot().position().sequence());
  std::uint64_t sequence = snapshot->snapshot().position().sequence();
  while (contents.empty() || contents.back() != last) {
    const auto update = watch.NextUpdate();
    ASSERT_TRUE(update && update->has_event());
    ASSERT_EQ(update->event().position().sequence(), ++sequence);
    if (sequence > listed->position().sequence()) {
      contents.push_back(update->event().message_sent().message().content());
    }
  }
}

TEST(WatchMessagesTest, WhoeverComesWhileManySendMissesNothingAndHearsNothingTwice) {
  constexpr int kSenders = 4;
  constexpr int kMessages = 40;
  ScriptedServer server;
  server.rooms().Create(kRoom, 7, {"s0", "s1", "s2", "s3", "reader"});
  std::vector<std::thread> senders;
  for (int s = 0; s < kSenders; ++s) {
    senders.emplace_back([&server, s] {
      for (int i = 0; i < kMessages; ++i) {
        EXPECT_TRUE(server.Say(kRoom, absl::StrCat("s", s), "", absl::StrCat(s, "-", i)).ok());
      }
    });
  }
  std::vector<std::vector<std::string>> heard(3);
  std::vector<std::thread> watchers;
  for (auto& contents : heard) {
    watchers.emplace_back([&server, &contents] { FollowTo(server, "last", contents); });
  }
  for (std::thread& sender : senders) sender.join();
  ASSERT_TRUE(server.Say(kRoom, "reader", "", "last").ok());
  for (std::thread& watcher : watchers) watcher.join();

  for (const auto& contents : heard) {
    EXPECT_EQ(contents, heard.front()) << "everybody hears the same in the same order";
    EXPECT_EQ(contents.size(), static_cast<std::size_t>(kSenders * kMessages + 1));
    EXPECT_EQ(std::set<std::string>(contents.begin(), contents.end()).size(), contents.size());
  }
  for (int s = 0; s < kSenders; ++s) {
    std::vector<std::string> expected;
    for (int i = 0; i < kMessages; ++i) expected.push_back(absl::StrCat(s, "-", i));
    std::vector<std::string> of_sender;
    for (const std::string& content : heard.front()) {
      if (content.starts_with(absl::StrCat(s, "-"))) of_sender.push_back(content);
    }
    EXPECT_EQ(of_sender, expected) << "one sender's messages stay in its order";
  }
}

}  // namespace
}  // namespace parley::messaging
