#include "edge/limits/address_limiter.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace parley::limits {
namespace {

using std::chrono::seconds;

constexpr AddressKey kAda = 1;
constexpr AddressKey kBea = 2;

class AddressLimiterTest : public testing::Test {
 protected:
  Permit Enter(AddressKey address) { return limiter_.EnterConnection(address, now_); }
  bool Take(AddressKey address) { return limiter_.TakeHandshake(address, now_); }

  AddressLimiter limiter_{
      {.max_connections = 2, .max_polling_sessions = 1, .handshakes = {.per_second = 1, .burst = 2}}};
  // Ahead of the real time, by which what leaves is forgotten.
  AddressLimiter::Clock::time_point now_ = AddressLimiter::Clock::now() + std::chrono::hours(1);
};

TEST_F(AddressLimiterTest, AdmitsSoManyConnectionsOfAnAddress) {
  Permit first = Enter(kAda);
  const Permit second = Enter(kAda);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(Enter(kAda), nullptr);
  EXPECT_NE(Enter(kBea), nullptr);
  first.reset();
  EXPECT_NE(Enter(kAda), nullptr);
}

TEST_F(AddressLimiterTest, AdmitsSoManySessionsThatPollBesidesTheConnections) {
  const Permit connection = Enter(kAda);
  Permit session = limiter_.EnterPollingSession(kAda, now_);
  EXPECT_NE(session, nullptr);
  EXPECT_EQ(limiter_.EnterPollingSession(kAda, now_), nullptr);
  EXPECT_NE(Enter(kAda), nullptr);
  EXPECT_NE(limiter_.EnterPollingSession(kBea, now_), nullptr);
  session.reset();
  EXPECT_NE(limiter_.EnterPollingSession(kAda, now_), nullptr);
}

TEST_F(AddressLimiterTest, RemembersAnAddressWhileASessionPolls) {
  Permit session = limiter_.EnterPollingSession(kAda, now_);
  Enter(kAda).reset();
  EXPECT_EQ(limiter_.EnterPollingSession(kAda, now_), nullptr);
  session.reset();
  EXPECT_EQ(limiter_.size(), 0u);
}

TEST_F(AddressLimiterTest, TakesSoManyHandshakesOfAnAddress) {
  EXPECT_TRUE(Take(kAda));
  EXPECT_TRUE(Take(kAda));
  EXPECT_FALSE(Take(kAda));
  EXPECT_TRUE(Take(kBea));
  now_ += seconds(1);
  EXPECT_TRUE(Take(kAda));
  EXPECT_FALSE(Take(kAda));
}

TEST_F(AddressLimiterTest, RemembersTheHandshakesOfAnAddressWithoutConnections) {
  Permit connection = Enter(kAda);
  EXPECT_TRUE(Take(kAda));
  EXPECT_TRUE(Take(kAda));
  connection.reset();
  EXPECT_FALSE(Take(kAda));
}

TEST_F(AddressLimiterTest, ForgetsAnAddressWithItsLastConnection) {
  {
    const Permit first = Enter(kAda);
    const Permit second = Enter(kAda);
    EXPECT_EQ(limiter_.size(), 1u);
  }
  EXPECT_EQ(limiter_.size(), 0u);
}

TEST_F(AddressLimiterTest, HoldsNoMoreThanWasGoingOnJustNow) {
  const Permit kept = Enter(kAda);
  for (int second = 0; second < 200; ++second) {
    for (AddressKey address = 0; address < 500; ++address) EXPECT_TRUE(Take(second * 500 + address + 10));
    now_ += seconds(1);
    // Those of a second or two, or 64 in each of the 16 shards.
    EXPECT_LT(limiter_.size(), 3000u);
  }
  EXPECT_NE(Enter(kAda), nullptr);
  EXPECT_NE(Enter(kBea), nullptr);
}

TEST_F(AddressLimiterTest, ForgetsAFloodOnceOthersAreServed) {
  for (AddressKey address = 0; address < 100'000; ++address) Take(address);
  now_ += seconds(60);
  for (int use = 0; use < 500'000; ++use) Take(static_cast<AddressKey>(use % 1000));
  EXPECT_LE(limiter_.size(), 1000u);
}

TEST_F(AddressLimiterTest, NeverAdmitsTooManyToManyThreads) {
  std::vector<std::jthread> threads;
  std::atomic<int> held = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        const Permit permit = Enter(kAda);
        if (permit == nullptr) continue;
        EXPECT_LE(++held, 2);
        --held;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(limiter_.size(), 0u);
}

}  // namespace
}  // namespace parley::limits
