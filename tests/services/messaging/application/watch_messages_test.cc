#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/messaging/application/messaging_application.h"
#include "tests/services/messaging/support/application_fixture.h"

namespace parley::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(MessagingApplicationTest, WatcherIsToldTheRoomThenEveryEventThenTheEnd) {
  RoomOfTwo();
  const auto watcher = std::make_shared<NotingWatcher>();
  application_.WatchMessages(kRoom, std::nullopt, watcher);
  EXPECT_THAT(watcher->notes, IsEmpty()) << "the room isn't known yet";
  rooms_.Deliver();
  const auto sent = Send(CallOf("ann"), std::nullopt, "one");
  ASSERT_TRUE(IsDone(Edit(CallOf("ann"), sent->value()->id, "two")));
  ASSERT_TRUE(IsDone(Delete(CallOf("ann"), sent->value()->id)));
  rooms_.Destroy(kRoom);
  rooms_.Deliver();
  EXPECT_THAT(watcher->notes,
              ElementsAre("snapshot 0", "event 1 one", "event 2 two", "event 3 two", "destroyed"));
}

TEST_F(MessagingApplicationTest, WatcherResumesAfterItsPosition) {
  RoomOfTwo();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt, "one")));
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt, "two")));
  const auto watcher = std::make_shared<NotingWatcher>();
  application_.WatchMessages(kRoom, storage::Position{7, 1}, watcher);
  EXPECT_THAT(watcher->notes, ElementsAre("event 2 two"));
  const auto stranger = std::make_shared<NotingWatcher>();
  application_.WatchMessages(kRoom, storage::Position{6, 1}, stranger);
  EXPECT_THAT(stranger->notes, ElementsAre("snapshot 2"));
}

TEST_F(MessagingApplicationTest, WatcherOfNoRoomIsToldSo) {
  const auto watcher = std::make_shared<NotingWatcher>();
  application_.WatchMessages(kRoom, std::nullopt, watcher);
  rooms_.Deliver();
  EXPECT_THAT(watcher->notes, ElementsAre("not found"));
}

TEST_F(MessagingApplicationTest, WatcherOfARoomThatStaysUnknownIsToldSo) {
  rooms_.set_away(true);
  const auto watcher = std::make_shared<NotingWatcher>();
  application_.WatchMessages(kRoom, std::nullopt, watcher);
  clock_.Advance(Duration(3'000));
  EXPECT_THAT(watcher->notes, ElementsAre("unavailable"));
}

TEST_F(MessagingApplicationTest, WatcherThatGivesUpWhileItWaitsIsToldNothing) {
  RoomOfTwo();
  const auto watcher = std::make_shared<NotingWatcher>();
  application_.WatchMessages(kRoom, std::nullopt, watcher);
  watcher->is_cancelled = true;
  application_.UnwatchMessages(kRoom, watcher);
  rooms_.Deliver();
  ASSERT_TRUE(IsDone(Send(CallOf("ann"), std::nullopt)));
  EXPECT_THAT(watcher->notes, IsEmpty());
}

}  // namespace
}  // namespace parley::messaging
