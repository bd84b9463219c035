#include "common/grpc/watch_cursor.h"

#include "gtest/gtest.h"

namespace parley::rpc {
namespace {

using Verdict = WatchCursor::Verdict;

TEST(WatchCursorTest, NothingIsDeliveredBeforeTheFirstSnapshot) {
  WatchCursor cursor;
  EXPECT_EQ(cursor.OnEvent({7, 1}), Verdict::kResume);
  EXPECT_FALSE(cursor.position().has_value());
}

TEST(WatchCursorTest, EventsThatFollowTheSnapshotAreDelivered) {
  WatchCursor cursor;
  cursor.OnSnapshot({7, 5});
  EXPECT_EQ(cursor.OnEvent({7, 6}), Verdict::kDeliver);
  EXPECT_EQ(cursor.OnEvent({7, 7}), Verdict::kDeliver);
  EXPECT_EQ(cursor.position(), (storage::Position{7, 7}));
}

TEST(WatchCursorTest, NothingIsDeliveredTwice) {
  WatchCursor cursor;
  cursor.OnSnapshot({7, 5});
  EXPECT_EQ(cursor.OnEvent({7, 5}), Verdict::kDrop);
  EXPECT_EQ(cursor.OnEvent({7, 6}), Verdict::kDeliver);
  EXPECT_EQ(cursor.OnEvent({7, 6}), Verdict::kDrop);
  EXPECT_EQ(cursor.OnEvent({7, 1}), Verdict::kDrop);
  EXPECT_EQ(cursor.position(), (storage::Position{7, 6}));
}

TEST(WatchCursorTest, HoleIsNotSteppedOver) {
  WatchCursor cursor(storage::Position{7, 5});
  EXPECT_EQ(cursor.OnEvent({7, 7}), Verdict::kResume);
  EXPECT_EQ(cursor.position(), (storage::Position{7, 5}));
  EXPECT_EQ(cursor.OnEvent({7, 6}), Verdict::kDeliver);
  EXPECT_EQ(cursor.OnEvent({7, 7}), Verdict::kDeliver);
}

TEST(WatchCursorTest, AnotherLifeOfTheRoomNeedsItsSnapshot) {
  WatchCursor cursor(storage::Position{7, 5});
  EXPECT_EQ(cursor.OnEvent({8, 6}), Verdict::kResume);
  cursor.OnSnapshot({8, 2});
  EXPECT_EQ(cursor.OnEvent({8, 3}), Verdict::kDeliver);
}

}  // namespace
}  // namespace parley::rpc
