#include "edge/rest/message_requests.h"

#include <gtest/gtest.h>

#include <string>

#include "common/status/error.h"

namespace parley::edge {
namespace {

namespace http = server::http;

constexpr std::size_t kMaxJsonDepth = 32;
constexpr char kRoom[] = "0123456789abcdef0123456789abcdef";
constexpr char kSend[] = R"({"from":{"id":"ada","key":"secret"},"to":"everyone","content":" hello "})";

server::Request Post(std::string_view body, std::string_view idempotency_key = {},
                     std::string_view path = "/send") {
  server::Request request(http::verb::post, "/api/" + std::string(kRoom) + std::string(path), 11);
  request.set(http::field::content_type, "application/json");
  if (!idempotency_key.empty()) request.set("Idempotency-Key", idempotency_key);
  request.body() = body;
  return request;
}

auto ParseSend(const server::Request& request) { return ParseSendMessage({request, kRoom}, kMaxJsonDepth); }

/// The request id of what is sent with this key by the one who has this secret.
std::string RequestIdOf(std::string_view idempotency_key, const std::string& secret = "secret",
                        std::string_view path = "/send") {
  const std::string body =
      R"({"from":{"id":"ada","key":")" + secret + R"("},"to":"everyone","content":"hello"})";
  const auto send = ParseSend(Post(body, idempotency_key, path));
  EXPECT_TRUE(send.ok()) << send.status();
  return send.ok() ? send->request_id() : "refused";
}

TEST(MessageRequestsTest, SendSaysWhoSaysWhatToWhomInWhichRoom) {
  const auto send = ParseSend(Post(kSend));
  ASSERT_TRUE(send.ok()) << send.status();
  EXPECT_EQ(send->room().room_id_hash(), kRoom);
  EXPECT_EQ(send->from().participant_id(), "ada");
  EXPECT_EQ(send->from().key(), "secret");
  EXPECT_TRUE(send->to().has_everyone());
  EXPECT_EQ(send->content(), " hello ");
}

TEST(MessageRequestsTest, MessageIsAnotherNameOfMessageId) {
  for (const char* fields : {R"("messageId":"m")", R"("message":"m")", R"("messageId":null,"message":"m")",
                             R"("messageId":"m","message":"n")"}) {
    const server::Request request =
        Post(R"({"from":{"id":"ada","key":"secret"},"content":"x",)" + std::string(fields) + "}");
    const auto edit = ParseEditMessage({request, kRoom}, kMaxJsonDepth);
    const auto remove = ParseDeleteMessage({request, kRoom}, kMaxJsonDepth);
    ASSERT_TRUE(edit.ok() && remove.ok()) << fields;
    EXPECT_EQ(edit->message_id(), "m");
    EXPECT_EQ(remove->message_id(), "m");
  }
}

TEST(MessageRequestsTest, AnotherContentTypeIsRefusedBeforeTheBodyIsRead) {
  server::Request request = Post("{");
  for (const char* type : {"", "text/plain", "application/json5", "json"}) {
    request.set(http::field::content_type, type);
    EXPECT_EQ(ReasonOf(ParseSend(request).status()), "NOT_JSON") << type;
  }
  for (const char* type : {"application/json", "Application/JSON", "application/json ; charset=utf-8"}) {
    request.set(http::field::content_type, type);
    EXPECT_EQ(ReasonOf(ParseSend(request).status()), "INVALID_REQUEST") << type;
  }
}

TEST(MessageRequestsTest, TheRefusalNamesTheField) {
  for (const auto& [body, field] : {std::pair{"[]", "body"},
                                    {"{}", "from"},
                                    {R"({"from":{"key":"k"}})", "from.id"},
                                    {R"({"from":{"id":"a","key":1}})", "from.key"},
                                    {R"({"from":{"id":"a","key":"k"}})", "to"},
                                    {R"({"from":{"id":"a","key":"k"},"to":"b"})", "content"}}) {
    const absl::Status status = ParseSend(Post(body)).status();
    EXPECT_EQ(ReasonOf(status), "INVALID_REQUEST");
    EXPECT_TRUE(std::string(status.message()).starts_with(std::string(field) + ": ")) << status;
  }
}

TEST(MessageRequestsTest, ARequestIdIsMadeOfTheKeyAndOfWhoUsesIt) {
  EXPECT_EQ(RequestIdOf(""), "");
  EXPECT_EQ(RequestIdOf("once"), RequestIdOf("once"));
  EXPECT_NE(RequestIdOf("once"), RequestIdOf("twice"));
  EXPECT_NE(RequestIdOf("once"), RequestIdOf("once", "another"));
  EXPECT_NE(RequestIdOf("once"), RequestIdOf("once", "secret", "/edit"));
  EXPECT_EQ(RequestIdOf("once"), RequestIdOf("once", "secret", "/send?attempt=2"));
}

}  // namespace
}  // namespace parley::edge
