#include "common/turn/turn.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace parley {
namespace {

class TurnTest : public ::testing::Test {
 protected:
  void Later(Turn::Stage stage, const std::string& what) {
    Turn::AtEnd(stage, [this, what] { done_.push_back(what); });
  }

  std::vector<std::string> done_;
};

TEST_F(TurnTest, WithoutATurnNothingWaits) {
  EXPECT_FALSE(Turn::UnderWay());
  Later(Turn::Stage::kSend, "sent");
  EXPECT_EQ(done_, std::vector<std::string>{"sent"});
}

TEST_F(TurnTest, WhatIsDecidedGoesBeforeWhatIsStoredAndThatBeforeWhatIsSent) {
  {
    const Turn turn;
    Later(Turn::Stage::kSend, "sent");
    Later(Turn::Stage::kStore, "stored");
    Later(Turn::Stage::kStore, "stored too");
    Later(Turn::Stage::kDecide, "decided");
    EXPECT_TRUE(done_.empty());
  }
  EXPECT_EQ(done_, (std::vector<std::string>{"decided", "stored", "stored too", "sent"}));
}

TEST_F(TurnTest, TheOutermostTurnIsTheOneThatCounts) {
  {
    const Turn outer;
    {
      const Turn inner;
      Later(Turn::Stage::kStore, "stored");
    }
    EXPECT_TRUE(done_.empty());
    EXPECT_TRUE(Turn::UnderWay());
  }
  EXPECT_EQ(done_, std::vector<std::string>{"stored"});
  EXPECT_FALSE(Turn::UnderWay());
}

TEST_F(TurnTest, WhatTheEndLeadsToBelongsToTheTurn) {
  {
    const Turn turn;
    Turn::AtEnd(Turn::Stage::kStore, [this] {
      done_.push_back("stored");
      Later(Turn::Stage::kSend, "sent");
      Later(Turn::Stage::kStore, "stored next");
    });
    Turn::AtEnd(Turn::Stage::kSend, [this] {
      done_.push_back("sent first");
      Later(Turn::Stage::kStore, "stored last");
      Later(Turn::Stage::kDecide, "decided last");
    });
  }
  EXPECT_EQ(done_, (std::vector<std::string>{"stored", "stored next", "sent first", "sent", "decided last",
                                             "stored last"}));
}

TEST_F(TurnTest, ATurnIsItsThreadsOwn) {
  const Turn turn;
  std::thread([this] {
    EXPECT_FALSE(Turn::UnderWay());
    Later(Turn::Stage::kStore, "elsewhere");
  }).join();
  EXPECT_EQ(done_, std::vector<std::string>{"elsewhere"});
}

}  // namespace
}  // namespace parley
