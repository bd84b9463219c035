#include "common/status/error.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(ErrorTest, ErrorRemembersItsCodeReasonAndText) {
  const absl::Status status = MakeError(kRoomNotFound);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "ROOM_NOT_FOUND");
  EXPECT_EQ(status.message(), "The room doesn't exist");
  EXPECT_TRUE(MetadataOf(status).empty());
}

TEST(ErrorTest, MorePreciseTextReplacesTheReasonsOwn) {
  const absl::Status status = MakeError(kInvalidRequest, "name: must be set");
  EXPECT_EQ(status.message(), "name: must be set");
  EXPECT_TRUE(Is(status, kInvalidRequest));
}

TEST(ErrorTest, MetadataComesBack) {
  const std::map<std::string, std::string> metadata = {{"retry_after_ms", "100"}, {"empty", ""}};
  EXPECT_EQ(MetadataOf(MakeError(kRoomNotFound, {}, metadata)), metadata);
}

TEST(ErrorTest, StatusThatIsNotOursHasNoReason) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
  EXPECT_EQ(ReasonOf(absl::NotFoundError("x")), "");
  EXPECT_FALSE(Is(absl::NotFoundError("The room doesn't exist"), kRoomNotFound));
}

TEST(ErrorTest, ReasonsOfTheSameCodeAreToldApart) {
  EXPECT_FALSE(Is(MakeError(kShuttingDown), kServiceUnavailable));
  EXPECT_TRUE(Is(MakeError(kShuttingDown), kShuttingDown));
}

}  // namespace
}  // namespace parley
