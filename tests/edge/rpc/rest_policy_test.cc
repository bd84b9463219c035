#include "edge/rpc/rest_policy.h"

#include <gtest/gtest.h>

namespace parley::edge {
namespace {

constexpr Duration kLongestRest{5};

/// Time passes as the test says.
class RestPolicyTest : public ::testing::Test {
 protected:
  void Pass(Duration duration) { now_ += duration; }

  void Call() { policy_.OnWritten(now_, true, false); }
  void Follow() { policy_.OnWritten(now_, false, true); }
  void HearAnswer() { policy_.OnRead(now_, true, false); }
  void HearAnswerWithNews() { policy_.OnRead(now_, true, true); }
  void HearNews() { policy_.OnRead(now_, false, true); }

  /// Two calls, as far from each other as for a rest.
  void CallTwice() {
    Call();
    Pass(kLongestRest);
    Call();
  }

  bool MayRest() const { return policy_.MayRest(now_); }

  Time now_{Duration(1'000'000)};
  RestPolicy policy_{kLongestRest};
};

TEST_F(RestPolicyTest, CallsThatFollowEachOtherCloselyLeaveRoomForARest) {
  CallTwice();
  HearAnswerWithNews();
  EXPECT_TRUE(MayRest());
  HearAnswer();
  EXPECT_TRUE(MayRest());
}

TEST_F(RestPolicyTest, AfterTheFirstCallNobodyKnowsWhenTheNextWillCome) {
  Call();
  HearAnswer();
  EXPECT_FALSE(MayRest());
}

TEST_F(RestPolicyTest, CallsThatAreFarFromEachOtherLeaveNone) {
  CallTwice();
  Pass(kLongestRest + Duration(1));
  Call();
  HearAnswer();
  EXPECT_FALSE(MayRest());
}

TEST_F(RestPolicyTest, ARequestToFollowARoomIsNoCall) {
  Call();
  Pass(kLongestRest);
  Follow();
  HearNews();
  Pass(RestPolicy::kOthersTalk);
  Call();
  HearAnswer();
  EXPECT_FALSE(MayRest());
}

TEST_F(RestPolicyTest, WhoHasAskedToFollowARoomDoesNotRestBeforeThatIsAnswered) {
  CallTwice();
  Follow();
  HearAnswer();
  EXPECT_FALSE(MayRest());
  HearAnswerWithNews();
  EXPECT_TRUE(MayRest());
}

TEST_F(RestPolicyTest, NobodyRestsWhileOthersTalk) {
  CallTwice();
  HearNews();
  EXPECT_FALSE(MayRest());
  HearAnswer();
  EXPECT_FALSE(MayRest());
  Pass(RestPolicy::kOthersTalk);
  EXPECT_FALSE(MayRest());
  Pass(Duration(1));
  EXPECT_TRUE(MayRest());
}

}  // namespace
}  // namespace parley::edge
