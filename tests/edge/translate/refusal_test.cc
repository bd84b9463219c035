#include "edge/translate/refusal.h"

#include <gtest/gtest.h>

namespace parley::edge {
namespace {

TEST(RefusalTest, TellsStatusCodeAndText) {
  const Refusal refusal = ToRefusal(MakeError(kRoomNotFound));
  EXPECT_EQ(refusal.status, 404);
  EXPECT_EQ(refusal.code, "ROOM_NOT_FOUND");
  EXPECT_EQ(refusal.error, "The room doesn't exist");
  EXPECT_EQ(refusal.retry_after, std::nullopt);
}

TEST(RefusalTest, EachKindOfErrorHasItsHttpStatus) {
  EXPECT_EQ(ToRefusal(MakeError(kInvalidRequest)).status, 400);
  EXPECT_EQ(ToRefusal(MakeError(kKeyMismatch)).status, 403);
  EXPECT_EQ(ToRefusal(MakeError(kAlreadyInRoom)).status, 409);
  EXPECT_EQ(ToRefusal(MakeError(kMediaNotRouted)).status, 501);
  EXPECT_EQ(ToRefusal(MakeError(kServiceUnavailable)).status, 503);
  EXPECT_EQ(ToRefusal(MakeError(kInternal)).status, 500);
}

TEST(RefusalTest, WaitingTimesAreRoundedUpToSeconds) {
  constexpr ErrorReason kTooMany{absl::StatusCode::kResourceExhausted, "TOO_MANY", "Wait"};
  EXPECT_EQ(ToRefusal(MakeError(kTooMany, {}, {{"retry_after_ms", "1"}})).retry_after, 1);
  EXPECT_EQ(ToRefusal(MakeError(kTooMany, {}, {{"retry_after_ms", "1000"}})).retry_after, 1);
  EXPECT_EQ(ToRefusal(MakeError(kTooMany, {}, {{"retry_after_ms", "1001"}})).retry_after, 2);
  EXPECT_EQ(ToRefusal(MakeError(kTooMany, {}, {{"retry_after_ms", "nonsense"}})).retry_after, 1);
}

TEST(RefusalTest, AServiceThatIsAwayMayBeAskedAgain) {
  EXPECT_TRUE(ToRefusal(MakeError(kServiceUnavailable)).retry_after.has_value());
}

TEST(RefusalTest, WhatIsNotMeantForTheOutsideStaysInside) {
  const Refusal refusal = ToRefusal(absl::InternalError("secret=1234"));
  EXPECT_EQ(refusal.status, 500);
  EXPECT_EQ(refusal.code, "INTERNAL");
  EXPECT_EQ(refusal.error, "Internal error");
}

}  // namespace
}  // namespace parley::edge
