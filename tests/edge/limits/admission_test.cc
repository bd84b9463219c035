#include "edge/limits/admission.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace parley::limits {
namespace {

constexpr char kProxy[] = "10.0.0.1";

Admission::Options SmallOptions() {
  Admission::Options options;
  options.max_connections = 4;
  options.max_polling_sessions = 4;
  options.per_address = {
      .max_connections = 2, .max_polling_sessions = 2, .handshakes = {.per_second = 0.001, .burst = 3}};
  options.trusted_proxies.Add(kProxy);
  return options;
}

TEST(AdmissionTest, CountsConnectionsByAddressAndInAll) {
  Admission admission(SmallOptions());
  std::vector<Permit> permits;
  for (const char* address : {"192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::2"})
    permits.push_back(admission.AdmitConnection(address).permit);
  EXPECT_EQ(admission.AdmitConnection("192.0.2.9").refused_by, Limit::kConnections);
  permits.pop_back();
  EXPECT_EQ(admission.AdmitConnection("192.0.2.1").refused_by, Limit::kConnectionsPerAddress);
  EXPECT_EQ(admission.AdmitConnection("192.0.2.9").refused_by, std::nullopt)
      << "one that was refused by address isn't counted in all";
}

TEST(AdmissionTest, HasAReserveForConnectionsOverALimit) {
  Admission admission(SmallOptions());
  std::vector<Permit> permits;
  for (int i = 0; i < 2; ++i) permits.push_back(admission.AdmitConnection("192.0.2.1").permit);
  std::vector<Permit> reserve;
  for (std::size_t i = 0; i < Admission::kReserve; ++i) {
    Admitted admitted = admission.AdmitConnection("192.0.2.1");
    EXPECT_EQ(admitted.refused_by, Limit::kConnectionsPerAddress);
    ASSERT_NE(admitted.permit, nullptr);
    reserve.push_back(std::move(admitted.permit));
  }
  EXPECT_EQ(admission.AdmitConnection("192.0.2.1").permit, nullptr);
  for (const char* address : {"192.0.2.2", "192.0.2.3"}) {
    permits.push_back(admission.AdmitConnection(address).permit);
    EXPECT_NE(permits.back(), nullptr) << "the reserve takes nobody's place";
  }
  EXPECT_EQ(admission.AdmitConnection("192.0.2.4").permit, nullptr);
  reserve.pop_back();
  EXPECT_NE(admission.AdmitConnection("192.0.2.4").permit, nullptr);
}

TEST(AdmissionTest, CountsAProxyInAllOnly) {
  Admission admission(SmallOptions());
  std::vector<Permit> permits;
  for (int i = 0; i < 4; ++i) permits.push_back(admission.AdmitConnection(kProxy).permit);
  EXPECT_EQ(admission.AdmitConnection(kProxy).refused_by, Limit::kConnections);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(admission.AdmitHandshake(kProxy), std::nullopt);
}

TEST(AdmissionTest, CountsTheClientsBehindAProxy) {
  Admission admission(SmallOptions());
  const std::string client = admission.ClientOf(kProxy, "192.0.2.1");
  const Admitted first = admission.AdmitForwarded(client);
  const Admitted second = admission.AdmitForwarded(client);
  EXPECT_EQ(second.refused_by, std::nullopt);
  EXPECT_EQ(admission.AdmitForwarded(client).refused_by, Limit::kConnectionsPerAddress);
  EXPECT_EQ(admission.AdmitForwarded(admission.ClientOf(kProxy, "192.0.2.2")).refused_by, std::nullopt);
}

TEST(AdmissionTest, CountsHandshakesByAddress) {
  Admission admission(SmallOptions());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(admission.AdmitHandshake("192.0.2.1"), std::nullopt);
  EXPECT_EQ(admission.AdmitHandshake("192.0.2.1"), Limit::kHandshakeRatePerAddress);
  EXPECT_EQ(admission.AdmitHandshake("192.0.2.2"), std::nullopt);
}

TEST(AdmissionTest, CountsPollingSessionsByAddressAndInAll) {
  Admission admission(SmallOptions());
  std::vector<Permit> permits;
  for (const char* address : {"192.0.2.1", "192.0.2.1", "2001:db8::1"})
    permits.push_back(admission.AdmitPollingSession(address).permit);
  EXPECT_EQ(admission.AdmitPollingSession("192.0.2.1").refused_by, Limit::kPollingSessionsPerAddress);
  permits.push_back(admission.AdmitPollingSession("2001:db8::2").permit);
  EXPECT_NE(permits.back(), nullptr) << "one that was refused by address isn't counted in all";
  EXPECT_EQ(admission.AdmitPollingSession("192.0.2.9").refused_by, Limit::kPollingSessions);
  permits.clear();
  EXPECT_EQ(admission.AdmitPollingSession("192.0.2.1").refused_by, std::nullopt);
}

TEST(AdmissionTest, CountsThePollingSessionsOfAProxyInAllOnly) {
  Admission admission(SmallOptions());
  std::vector<Permit> permits;
  for (int i = 0; i < 4; ++i) permits.push_back(admission.AdmitPollingSession(kProxy).permit);
  EXPECT_NE(permits.back(), nullptr);
  EXPECT_EQ(admission.AdmitPollingSession(kProxy).refused_by, Limit::kPollingSessions);
}

TEST(AdmissionTest, LetsEverybodyInWhenEveryLimitIsOff) {
  Admission admission({});
  std::vector<Admitted> admitted;
  for (int i = 0; i < 1000; ++i) {
    admitted.push_back(admission.AdmitConnection("192.0.2.1"));
    admitted.push_back(admission.AdmitForwarded("192.0.2.1"));
    admitted.push_back(admission.AdmitPollingSession("192.0.2.1"));
    EXPECT_EQ(admission.AdmitHandshake("192.0.2.1"), std::nullopt);
  }
  for (const Admitted& one : admitted) EXPECT_EQ(one.refused_by, std::nullopt);
}

}  // namespace
}  // namespace parley::limits
