#include "edge/engineio/token.h"

#include <gtest/gtest.h>

#include <set>

namespace parley::engineio {
namespace {

TEST(TokenTest, SidTellsItsWorker) {
  EXPECT_EQ(WorkerOf(MakeSid(0)), 0u);
  EXPECT_EQ(WorkerOf(MakeSid(17)), 17u);
}

TEST(TokenTest, WhatIsNoSidTellsNoWorker) {
  EXPECT_EQ(WorkerOf(""), std::nullopt);
  EXPECT_EQ(WorkerOf("__proto__"), std::nullopt);
  EXPECT_EQ(WorkerOf(RandomToken()), std::nullopt);
  EXPECT_EQ(WorkerOf(RandomToken() + "x"), std::nullopt);
  EXPECT_EQ(WorkerOf(RandomToken() + "99999999999999999999"), std::nullopt);
}

TEST(TokenTest, TokensHold128BitsAndDontRepeat) {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    tokens.insert(RandomToken());
    EXPECT_EQ(tokens.begin()->size(), 22u);
  }
  EXPECT_EQ(tokens.size(), 1000u);
}

}  // namespace
}  // namespace parley::engineio
