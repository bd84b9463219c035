#include "common/config/flags.h"

#include <cstdlib>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/time/time.h"
#include "common/config/process_config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

ABSL_FLAG(int, test_message_rate, 10, "A number.");
ABSL_FLAG(bool, test_verbose, false, "A switch.");
ABSL_FLAG(std::string, test_peer, "127.0.0.1:1", "An address.");
ABSL_FLAG(absl::Duration, test_timeout, absl::Seconds(10), "A time.");

namespace parley::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

/// Flags and environment are as they were afterwards. Tests of one binary run one after another.
class FlagsTest : public ::testing::Test {
 protected:
  ~FlagsTest() override {
    for (const std::string& name : variables_) unsetenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  }

  void SetVariable(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    variables_.push_back(name);
  }

  bool Parse(std::initializer_list<const char*> arguments) {
    std::vector<char*> argv = {const_cast<char*>("program")};
    for (const char* argument : arguments) argv.push_back(const_cast<char*>(argument));
    return ParseFlags("program", "Does nothing.", static_cast<int>(argv.size()), argv.data(), problems_);
  }

  Problems problems_;

 private:
  const absl::FlagSaver saver_;
  std::vector<std::string> variables_;
};

TEST_F(FlagsTest, FlagIsSetWithDashesAndWithEqualsSignOrSpace) {
  EXPECT_TRUE(Parse({"--test-message-rate=5", "--test-peer", "host:2"}));
  EXPECT_EQ(absl::GetFlag(FLAGS_test_message_rate), 5);
  EXPECT_EQ(absl::GetFlag(FLAGS_test_peer), "host:2");
  EXPECT_TRUE(problems_.empty());
}

TEST_F(FlagsTest, UnderscoresAreUnderstoodToo) {
  EXPECT_TRUE(Parse({"--test_message_rate=6"}));
  EXPECT_EQ(absl::GetFlag(FLAGS_test_message_rate), 6);
}

TEST_F(FlagsTest, ValueMayHoldAnEqualsSignAndMayBeEmpty) {
  EXPECT_TRUE(Parse({"--test-peer=a=b"}));
  EXPECT_EQ(absl::GetFlag(FLAGS_test_peer), "a=b");
  EXPECT_TRUE(Parse({"--test-peer="}));
  EXPECT_EQ(absl::GetFlag(FLAGS_test_peer), "");
  EXPECT_TRUE(problems_.empty());
}

TEST_F(FlagsTest, SwitchNeedsNoValue) {
  EXPECT_TRUE(Parse({"--test-verbose"}));
  EXPECT_TRUE(absl::GetFlag(FLAGS_test_verbose));
  EXPECT_TRUE(Parse({"--notest-verbose"}));
  EXPECT_FALSE(absl::GetFlag(FLAGS_test_verbose));
  EXPECT_TRUE(Parse({"--test-verbose=true"}));
  EXPECT_TRUE(absl::GetFlag(FLAGS_test_verbose));
  EXPECT_TRUE(problems_.empty());
}

TEST_F(FlagsTest, EveryFlagHasAnEnvironmentVariable) {
  SetVariable("PARLEY_TEST_MESSAGE_RATE", "7");
  SetVariable("PARLEY_TEST_TIMEOUT", "1m30s");
  EXPECT_TRUE(Parse({}));
  EXPECT_EQ(absl::GetFlag(FLAGS_test_message_rate), 7);
  EXPECT_EQ(absl::GetFlag(FLAGS_test_timeout), absl::Seconds(90));
  EXPECT_EQ(EnvironmentName("message-rate"), "PARLEY_MESSAGE_RATE");
  EXPECT_EQ(EnvironmentName("message_rate"), "PARLEY_MESSAGE_RATE");
}

TEST_F(FlagsTest, CommandLineWinsOverTheEnvironment) {
  SetVariable("PARLEY_TEST_MESSAGE_RATE", "7");
  EXPECT_TRUE(Parse({"--test-message-rate=8"}));
  EXPECT_EQ(absl::GetFlag(FLAGS_test_message_rate), 8);
}

TEST_F(FlagsTest, VariableOfAFlagThatIsGivenMayBeAnything) {
  SetVariable("PARLEY_TEST_MESSAGE_RATE", "tcp://10.0.0.1:80");
  EXPECT_TRUE(Parse({"--test-message-rate=8"}));
  EXPECT_TRUE(problems_.empty());
  EXPECT_EQ(absl::GetFlag(FLAGS_test_message_rate), 8);
}

TEST_F(FlagsTest, VariablesOfOtherProcessesAreLeftAlone) {
  SetVariable("PARLEY_FLAG_OF_ANOTHER_PROCESS", "x");
  EXPECT_TRUE(Parse({}));
  EXPECT_TRUE(problems_.empty());
}

TEST_F(FlagsTest, AllProblemsAreReportedAtOnce) {
  SetVariable("PARLEY_TEST_TIMEOUT", "soon");
  EXPECT_TRUE(Parse({"--test-message-rate=many", "--bogus=1", "stray", "--test-peer"}));
  EXPECT_THAT(
      problems_.texts(),
      ElementsAre(HasSubstr("--test-message-rate: \"many\" is not a valid value"), "unknown flag --bogus",
                  "unexpected argument \"stray\"", "--test-peer needs a value",
                  HasSubstr("PARLEY_TEST_TIMEOUT: \"soon\" is not a valid value")));
}

TEST_F(FlagsTest, OnlySwitchesCanBeNegated) {
  EXPECT_TRUE(Parse({"--notest-message-rate"}));
  EXPECT_THAT(problems_.texts(), ElementsAre("unknown flag --notest-message-rate"));
}

TEST_F(FlagsTest, ReportListsEveryProblem) {
  problems_.Add("some_flag", "must be at least 1");
  problems_.AddText("something else");
  CaptureStderr();
  Report("program", problems_);
  const std::string report = GetCapturedStderr();
  EXPECT_THAT(report, HasSubstr("program: the configuration has 2 problems:"));
  EXPECT_THAT(report, HasSubstr("\n  --some-flag must be at least 1\n  something else\n"));
}

TEST_F(FlagsTest, HelpExplainsEachFlagWithItsDefaultAndVariable) {
  CaptureStdout();
  EXPECT_FALSE(Parse({"--help"}));
  const std::string help = GetCapturedStdout();
  EXPECT_THAT(help, HasSubstr("Does nothing."));
  EXPECT_THAT(help,
              HasSubstr("--test-message-rate  (PARLEY_TEST_MESSAGE_RATE, default 10)\n      A number."));
  EXPECT_THAT(help, HasSubstr("--test-timeout  (PARLEY_TEST_TIMEOUT, default 10s)"));
  EXPECT_THAT(help, HasSubstr("--host  (PARLEY_HOST, default 127.0.0.1)"));
}

TEST_F(FlagsTest, VersionIsPrinted) {
  CaptureStdout();
  EXPECT_FALSE(Parse({"--version"}));
  EXPECT_EQ(GetCapturedStdout(), "program " PARLEY_VERSION "\n");
}

TEST(ProblemsTest, RangeIsInclusive) {
  Problems problems;
  problems.RequireRange("port", 0, 0, 10);
  problems.RequireRange("port", 10, 0, 10);
  EXPECT_TRUE(problems.empty());
  problems.RequireRange("port", -1, 0, 10);
  problems.RequireRange("port", 11, 0, 10);
  EXPECT_THAT(problems.texts(),
              ElementsAre("--port must be from 0 to 10, not -1", "--port must be from 0 to 10, not 11"));
}

TEST(ProblemsTest, AddressIsHostAndPort) {
  Problems problems;
  for (const char* good : {"127.0.0.1:1", "room-service:50051", "[::1]:65535"})
    problems.RequireAddress("peer", good);
  EXPECT_TRUE(problems.empty());
  const std::vector<const char*> bad = {
      "",       "host",   ":1",    "host:",         "host:0", "host:65536",
      "host:x", "::1:50", "a:b:1", "http://host:1", "[::1]",  "host/path:1"};
  for (const char* address : bad) problems.RequireAddress("peer", address);
  EXPECT_EQ(problems.texts().size(), bad.size());
}

TEST_F(FlagsTest, ProcessConfigReportsEveryProblem) {
  EXPECT_TRUE(Parse({"--host=", "--shutdown-timeout=-1s", "--log-format=xml", "--log-level=loud"}));
  ReadProcessConfig(problems_);
  EXPECT_THAT(problems_.texts(),
              ElementsAre("--host must not be empty", "--shutdown-timeout must be from 0 to 24h",
                          "--log-format must be text or json, not \"xml\"",
                          "--log-level must be debug, info, warning or error, not \"loud\""));
}

TEST_F(FlagsTest, HostMayHaveBrackets) {
  EXPECT_TRUE(Parse({"--host=[::1]"}));
  EXPECT_EQ(ReadProcessConfig(problems_).host, "::1");
  EXPECT_TRUE(problems_.empty());
}

TEST_F(FlagsTest, ShutdownTimeoutHasAnEnd) {
  EXPECT_TRUE(Parse({"--shutdown-timeout=inf"}));
  ReadProcessConfig(problems_);
  EXPECT_THAT(problems_.texts(), ElementsAre("--shutdown-timeout must be from 0 to 24h"));
}

TEST_F(FlagsTest, ProcessConfigIsReadFromTheFlags) {
  EXPECT_TRUE(Parse({"--host=::1", "--shutdown-timeout=1500ms", "--log-format=json", "--log-level=error"}));
  const ProcessConfig config = ReadProcessConfig(problems_);
  EXPECT_TRUE(problems_.empty());
  EXPECT_EQ(config.host, "::1");
  EXPECT_EQ(config.shutdown_timeout, Duration(1'500));
  EXPECT_EQ(config.log_format, log::Format::kJson);
  EXPECT_EQ(config.log_level, log::Level::kError);
}

TEST(AddressTest, Ipv6GetsBrackets) {
  EXPECT_EQ(Address("127.0.0.1", 1), "127.0.0.1:1");
  EXPECT_EQ(Address("localhost", 1), "localhost:1");
  EXPECT_EQ(Address("::1", 1), "[::1]:1");
}

}  // namespace
}  // namespace parley::config
