#include "common/aggregate/aggregate_host.h"
#include "gtest/gtest.h"
#include "tests/common/aggregate/host_fixture.h"

namespace parley {
namespace {

using RepeatTest = AggregateHostTest;

TEST_F(RepeatTest, RequestIsCarriedOutOnceAndAnsweredAlike) {
  const auto first = Execute(host_, "room", Add({2}), "request");
  ASSERT_TRUE(Execute(host_, "room", Add({10})).ok());
  const auto again = Execute(host_, "room", Add({2}), "request");
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(again->reply, 3);
  // State and position are those of now, and belong together.
  EXPECT_EQ(again->total, 13);
  EXPECT_EQ(again->position, (Position{7, 3}));
}

TEST_F(RepeatTest, AnswerWithoutEventsIsKeptToo) {
  EXPECT_EQ(Execute(host_, "room", Add({}), "request")->reply, 1);
  ASSERT_TRUE(Execute(host_, "room", Add({10})).ok());
  EXPECT_EQ(Execute(host_, "room", Add({}), "request")->reply, 1);
}

TEST_F(RepeatTest, RequestThatEndedTheRoomIsAnsweredAlike) {
  const auto first = Execute(host_, "room", Add({TallyCodec::kEnd}), "request");
  const auto again = Execute(host_, "room", Add({TallyCodec::kEnd}), "request");
  ASSERT_TRUE(first.ok() && again.ok()) << again.status();
  EXPECT_EQ(again->reply, first->reply);
  EXPECT_EQ(again->position, first->position);
  EXPECT_EQ(again->total, -1);
}

TEST_F(RepeatTest, AnswerSurvivesARestart) {
  ASSERT_TRUE(Execute(host_, "room", Add({2}), "request").ok());
  TallyHost restarted(store_);
  EXPECT_EQ(Execute(restarted, "room", Add({2}), "request")->reply, 3);
  EXPECT_EQ(Total(restarted), 3);
}

TEST_F(RepeatTest, RefusalIsNotKept) {
  EXPECT_FALSE(Execute(host_, "room", Refuse(MakeError(kKeyMismatch)), "request").ok());
  EXPECT_EQ(Execute(host_, "room", Add({2}), "request")->reply, 3);
}

TEST_F(RepeatTest, RequestOfAnotherRoomIsInvalid) {
  ASSERT_TRUE(Create(host_, "other", 8, Add({100})).ok());
  ASSERT_TRUE(Execute(host_, "other", Add({1}), "request").ok());
  EXPECT_TRUE(Is(Execute(host_, "room", Add({1}), "request").status(), kInvalidRequest));
  EXPECT_TRUE(Is(Execute(host_, "nowhere", Add({1}), "request").status(), kInvalidRequest));
  EXPECT_EQ(Total(host_), 1);
}

}  // namespace
}  // namespace parley
