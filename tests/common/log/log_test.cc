#include "common/log/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace parley::log {
namespace {

using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

TEST(LogTest, FieldCannotTakeThePlaceOfWhatEveryLineHas) {
  Configure("edge", Format::kJson, Level::kInfo);
  CaptureStderr();
  Info("said", {{"service", "another"}, {"level", "none"}, {"count", 3}});
  const auto line = nlohmann::json::parse(GetCapturedStderr());
  EXPECT_EQ(line["service"], "edge");
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["service_"], "another");
  EXPECT_EQ(line["count"], 3);
}

}  // namespace
}  // namespace parley::log
