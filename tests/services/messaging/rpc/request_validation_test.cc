#include "services/messaging/rpc/request_validation.h"

#include <gtest/gtest.h>

#include "common/status/error.h"
#include "tests/services/messaging/support/messaging_server.h"

namespace parley::messaging {
namespace {

/// Whether the request is refused with a text that begins with the name of the field.
template <typename Request>
testing::AssertionResult Refuses(const Request& request, const std::string& field) {
  const absl::Status status = Validate(request);
  const std::string message(status.message());
  if (Is(status, kInvalidRequest) && message.starts_with(field + ":")) return testing::AssertionSuccess();
  return testing::AssertionFailure() << status.ToString();
}

TEST(RequestValidationTest, CompleteRequestsAreTaken) {
  EXPECT_TRUE(Validate(SendRequest("r", "ann", "", "hi")).ok());
  EXPECT_TRUE(Validate(SendRequest("r", "ann", "bob", "hi")).ok());
  EXPECT_TRUE(Validate(EditRequest("r", "ann", "m", "hi")).ok());
  EXPECT_TRUE(Validate(DeleteRequest("r", "ann", "m")).ok());
  EXPECT_TRUE(Validate(ListRequest("r", "ann")).ok());
}

/// What all commands have in common.
template <typename Request>
void ExpectCommandFieldsAreChecked(const Request& good) {
  Request request = good;
  request.set_request_id(std::string(64, 'x'));
  EXPECT_TRUE(Validate(request).ok());
  request.set_request_id(std::string(65, 'x'));
  EXPECT_TRUE(Refuses(request, "request_id"));
  request = good;
  request.clear_room();
  EXPECT_TRUE(Refuses(request, "room"));
  request.mutable_room()->set_room_id("");
  EXPECT_TRUE(Refuses(request, "room.room_id"));
  request.mutable_room()->set_room_id_hash("");
  EXPECT_TRUE(Refuses(request, "room.room_id_hash"));
  request = good;
  request.mutable_from()->clear_participant_id();
  EXPECT_TRUE(Refuses(request, "from.participant_id"));
  request = good;
  request.mutable_from()->clear_key();
  EXPECT_TRUE(Refuses(request, "from.key"));
  request.clear_from();
  EXPECT_TRUE(Refuses(request, "from.participant_id"));
}

TEST(RequestValidationTest, EveryMissingFieldOfACommandIsNamed) {
  ExpectCommandFieldsAreChecked(SendRequest("r", "ann", "", "hi"));
  ExpectCommandFieldsAreChecked(EditRequest("r", "ann", "m", "hi"));
  ExpectCommandFieldsAreChecked(DeleteRequest("r", "ann", "m"));
}

TEST(RequestValidationTest, SendMessageNeedsARecipient) {
  v1::SendMessageRequest request = SendRequest("r", "ann", "", "hi");
  request.clear_to();
  EXPECT_TRUE(Refuses(request, "to"));
  request.mutable_to()->set_participant_id("");
  EXPECT_TRUE(Refuses(request, "to.participant_id"));
}

TEST(RequestValidationTest, EditAndDeleteMessageNeedAMessage) {
  EXPECT_TRUE(Refuses(EditRequest("r", "ann", "", "hi"), "message_id"));
  EXPECT_TRUE(Refuses(DeleteRequest("r", "ann", ""), "message_id"));
}

TEST(RequestValidationTest, EveryImpossibleFieldOfListMessagesIsNamed) {
  v1::ListMessagesRequest request = ListRequest("r", "ann");
  request.clear_room();
  EXPECT_TRUE(Refuses(request, "room"));
  request = ListRequest("r", "ann");
  request.mutable_credentials()->clear_key();
  EXPECT_TRUE(Refuses(request, "credentials.key"));
  request = ListRequest("r", "ann");
  request.set_page_size(-1);
  EXPECT_TRUE(Refuses(request, "page_size"));
  request = ListRequest("r", "ann");
  request.mutable_membership_position()->set_sequence(1);
  EXPECT_TRUE(Refuses(request, "membership_position.incarnation"));
}

TEST(RequestValidationTest, AwaitMembershipNeedsARoomAndAPosition) {
  v1::AwaitMembershipRequest request;
  EXPECT_TRUE(Refuses(request, "room_id"));
  request.set_room_id("r");
  EXPECT_TRUE(Refuses(request, "position.incarnation"));
  request.mutable_position()->set_incarnation(7);
  EXPECT_TRUE(Validate(request).ok());
}

}  // namespace
}  // namespace parley::messaging
