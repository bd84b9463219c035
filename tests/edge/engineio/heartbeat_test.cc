#include "edge/engineio/heartbeat.h"

#include <gtest/gtest.h>

namespace parley::engineio {
namespace {

using std::chrono::milliseconds;
using Due = Heartbeat::Due;

constexpr milliseconds kInterval{300};
constexpr milliseconds kTimeout{200};

Heartbeat::Clock::time_point At(int ms) { return Heartbeat::Clock::time_point(milliseconds(1'000'000 + ms)); }

TEST(HeartbeatV4Test, ServerPingsAfterTheInterval) {
  Heartbeat heartbeat(Protocol::kV4, kInterval, kTimeout, At(0));
  EXPECT_EQ(heartbeat.deadline(), At(300));
  EXPECT_EQ(heartbeat.Check(At(299)), Due::kNothing);
  EXPECT_EQ(heartbeat.Check(At(300)), Due::kPing);
  EXPECT_EQ(heartbeat.Check(At(300)), Due::kNothing);
}

TEST(HeartbeatV4Test, SilentClientIsDeadAfterExactlyIntervalAndTimeout) {
  Heartbeat heartbeat(Protocol::kV4, kInterval, kTimeout, At(0));
  EXPECT_EQ(heartbeat.Check(At(307)), Due::kPing);  // the timer was late
  EXPECT_EQ(heartbeat.Check(At(499)), Due::kNothing);
  EXPECT_EQ(heartbeat.Check(At(500)), Due::kDead);
}

TEST(HeartbeatV4Test, PongStartsTheNextInterval) {
  Heartbeat heartbeat(Protocol::kV4, kInterval, kTimeout, At(0));
  EXPECT_EQ(heartbeat.Check(At(300)), Due::kPing);
  heartbeat.OnPong(At(450));
  EXPECT_EQ(heartbeat.deadline(), At(750));
  EXPECT_EQ(heartbeat.Check(At(500)), Due::kNothing);
  EXPECT_EQ(heartbeat.Check(At(750)), Due::kPing);
}

TEST(HeartbeatV4Test, OtherPacketsAreNoPong) {
  Heartbeat heartbeat(Protocol::kV4, kInterval, kTimeout, At(0));
  EXPECT_EQ(heartbeat.Check(At(300)), Due::kPing);
  heartbeat.OnPacket(At(450));
  EXPECT_EQ(heartbeat.Check(At(500)), Due::kDead);
}

TEST(HeartbeatV4Test, AStalledServerGivesItsClientsTimeToAnswer) {
  Heartbeat heartbeat(Protocol::kV4, kInterval, kTimeout, At(0));
  EXPECT_EQ(heartbeat.Check(At(5000)), Due::kPing);
  EXPECT_EQ(heartbeat.Check(At(5099)), Due::kNothing);
}

TEST(HeartbeatV3Test, SilenceOfIntervalAndTimeoutIsDeath) {
  Heartbeat heartbeat(Protocol::kV3, kInterval, kTimeout, At(0));
  EXPECT_EQ(heartbeat.Check(At(300)), Due::kNothing);
  EXPECT_EQ(heartbeat.Check(At(499)), Due::kNothing);
  EXPECT_EQ(heartbeat.Check(At(500)), Due::kDead);
}

TEST(HeartbeatV3Test, EveryPacketIsASignOfLife) {
  Heartbeat heartbeat(Protocol::kV3, kInterval, kTimeout, At(0));
  heartbeat.OnPacket(At(400));
  EXPECT_EQ(heartbeat.Check(At(500)), Due::kNothing);
  EXPECT_EQ(heartbeat.Check(At(900)), Due::kDead);
}

}  // namespace
}  // namespace parley::engineio
