#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "services/messaging/domain/errors.h"
#include "tests/services/messaging/support/application_fixture.h"

namespace parley::messaging {
namespace {

using testing::ElementsAre;

constexpr char kOtherRoom[] = "222222222";
constexpr std::size_t kContentBytes = 1'000;

std::size_t BytesOfOne() {
  Message message;
  message.content.assign(kContentBytes, 'x');
  return SizeOf(message);
}

/// A room holds three messages of kContentBytes, and all together hold five.
class HistoryLimitsTest : public MessagingApplicationTest {
 protected:
  HistoryLimitsTest()
      : MessagingApplicationTest(
            {.max_room_history_bytes = 3 * BytesOfOne(), .max_history_bytes = 5 * BytesOfOne()}) {
    RoomOfTwo();
    rooms_.Create(kOtherRoom, 9);
    rooms_.Join(kOtherRoom, "ann");
  }

  auto SendOne(const std::string& room_id, char letter = 'x') {
    Call call = CallOf("ann");
    call.room.id = room_id;
    return Send(call, std::nullopt, std::string(kContentBytes, letter));
  }

  std::string IdOf(const Answer<absl::StatusOr<Message>>& answer) { return answer->value().value().id; }
};

TEST_F(HistoryLimitsTest, RoomThatIsFullTakesNoMoreUntilSomethingIsDeleted) {
  const std::string first = IdOf(SendOne(kRoom, 'a'));
  ASSERT_TRUE(IsDone(SendOne(kRoom, 'b')));
  ASSERT_TRUE(IsDone(SendOne(kRoom, 'c')));
  EXPECT_TRUE(IsRefused(SendOne(kRoom), kHistoryFull));
  EXPECT_TRUE(IsDone(SendOne(kOtherRoom))) << "another room isn't full";
  ASSERT_TRUE(IsDone(Delete(CallOf("ann"), first)));
  EXPECT_TRUE(IsDone(SendOne(kRoom, 'd')));
  EXPECT_THAT(ContentsFor("bob"),
              ElementsAre(std::string(kContentBytes, 'b'), std::string(kContentBytes, 'c'),
                          std::string(kContentBytes, 'd')));
}

TEST_F(HistoryLimitsTest, EditMayMakeAMessageLongerOnlyWhereThereIsRoom) {
  const std::string id = IdOf(SendOne(kRoom));
  ASSERT_TRUE(IsDone(SendOne(kRoom)));
  ASSERT_TRUE(IsDone(SendOne(kRoom)));
  EXPECT_TRUE(IsRefused(Edit(CallOf("ann"), id, std::string(kContentBytes + 1, 'y')), kHistoryFull));
  EXPECT_TRUE(IsDone(Edit(CallOf("ann"), id, std::string(kContentBytes - 1, 'y'))));
  EXPECT_TRUE(IsDone(Edit(CallOf("ann"), id, std::string(kContentBytes, 'y'))));
}

TEST_F(HistoryLimitsTest, AllRoomsTogetherAreLimitedUntilOneEnds) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(IsDone(SendOne(kRoom)));
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(IsDone(SendOne(kOtherRoom)));
  EXPECT_EQ(totals_.bytes, 5 * BytesOfOne());
  EXPECT_TRUE(IsRefused(SendOne(kOtherRoom), kStorageUnavailable));
  rooms_.Destroy(kRoom);
  rooms_.Deliver();
  EXPECT_EQ(totals_.bytes, 2 * BytesOfOne());
  EXPECT_TRUE(IsDone(SendOne(kOtherRoom)));
}

TEST_F(HistoryLimitsTest, WhatWasAnsweredBeforeIsAnsweredAlsoByARoomThatIsFull) {
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(IsDone(SendOne(kRoom)));
  const std::string content(kContentBytes, 'x');
  const auto sent = Send(CallOf("ann", "request"), std::nullopt, content);
  ASSERT_TRUE(IsDone(sent));
  EXPECT_EQ(IdOf(Send(CallOf("ann", "request"), std::nullopt, content)), IdOf(sent));
}

TEST_F(HistoryLimitsTest, RoomIsAsFullAfterARestart) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(IsDone(SendOne(kRoom)));
  totals_ = {};
  MessagingApplication restarted(store_, rooms_, clock_.schedule(), clock_, ids_,
                                 Noting({.max_room_history_bytes = 3 * BytesOfOne()}));
  rooms_.set_observer(&restarted.room_observer());
  ASSERT_TRUE(restarted.TakeUp().ok());
  rooms_.Reconnect();
  rooms_.Deliver();
  EXPECT_EQ(totals_.bytes, 3 * BytesOfOne());
  auto answer = std::make_shared<std::optional<absl::StatusOr<Message>>>();
  restarted.SendMessage(CallOf("ann"), std::nullopt, "x", Into(answer));
  EXPECT_TRUE(IsRefused(answer, kHistoryFull));
}

}  // namespace
}  // namespace parley::messaging
