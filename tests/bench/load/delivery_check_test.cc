#include "tests/bench/load/delivery_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::bench {
namespace {

using testing::HasSubstr;

/// Participants 1 and 2 have sent a message, and 1 another one.
class DeliveryCheckTest : public testing::Test {
 protected:
  DeliveryCheckTest() {
    check_.OnSent(1);
    check_.OnSent(2);
    check_.OnSent(1);
  }

  void DeliverTo0() {
    check_.OnDelivered(0, 1, 0);
    check_.OnDelivered(0, 2, 0);
    check_.OnDelivered(0, 1, 1);
  }

  DeliveryCheck check_{5, 4};
};

TEST_F(DeliveryCheckTest, EverybodyIsGivenWhatTheOthersHaveSent) {
  // Participant 3 is ahead of participant 0, whose order it is held against.
  check_.OnDelivered(3, 1, 0);
  check_.OnDelivered(3, 2, 0);
  DeliverTo0();
  check_.OnDelivered(3, 1, 1);
  check_.OnDelivered(2, 1, 0);
  check_.OnDelivered(2, 1, 1);
  check_.OnDelivered(1, 2, 0);
  EXPECT_FALSE(check_.Finish().Any());
}

TEST_F(DeliveryCheckTest, WhatIsMissingInTheMiddleOrAtTheEndIsCounted) {
  DeliverTo0();
  check_.OnDelivered(3, 2, 0);
  check_.OnDelivered(3, 1, 1);
  check_.OnDelivered(2, 1, 0);
  const DeliveryFaults faults = check_.Finish();
  // Of participant 3 the first of 1, of 2 the second of 1, and of 1 the only one of 2.
  EXPECT_EQ(faults.missing, 3u);
  EXPECT_EQ(faults.repeated, 0u);
  EXPECT_EQ(faults.reordered, 0u);
  EXPECT_THAT(faults.example, HasSubstr("in room 5, participant"));
}

TEST_F(DeliveryCheckTest, WhatComesTwiceIsRepeated) {
  DeliverTo0();
  check_.OnDelivered(0, 1, 0);
  EXPECT_EQ(check_.Finish().repeated, 1u);
}

TEST_F(DeliveryCheckTest, WhatNobodyHasSentIsAFault) {
  check_.OnDelivered(0, 1, 7);
  check_.OnDelivered(0, 3, 0);
  check_.OnDelivered(1, 1, 0);
  EXPECT_EQ(check_.Finish().repeated, 3u);
}

TEST_F(DeliveryCheckTest, WhatComesAfterALaterOneOfItsSenderIsReordered) {
  DeliverTo0();
  check_.OnDelivered(2, 1, 1);
  check_.OnDelivered(2, 1, 0);
  const DeliveryFaults faults = check_.Finish();
  EXPECT_EQ(faults.reordered, 1u);
  EXPECT_EQ(faults.repeated, 0u);
}

TEST_F(DeliveryCheckTest, AnotherOrderThanThatOfParticipant0IsAFault) {
  DeliverTo0();
  check_.OnDelivered(3, 2, 0);
  check_.OnDelivered(3, 1, 0);
  check_.OnDelivered(3, 1, 1);
  const DeliveryFaults faults = check_.Finish();
  EXPECT_EQ(faults.disordered, 1u);
  EXPECT_EQ(faults.reordered, 0u);
}

}  // namespace
}  // namespace parley::bench
