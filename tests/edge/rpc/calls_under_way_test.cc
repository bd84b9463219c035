#include "edge/rpc/calls_under_way.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace parley::edge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Time kSoon{Duration(1000)};
constexpr Time kLater{Duration(2000)};

class CallsUnderWayTest : public testing::Test {
 protected:
  /// A call whose end is noted in told_ by its name.
  std::uint64_t Add(const std::string& name, Time deadline = kLater, const std::string& room_id = "") {
    return Add(loop_, name, deadline, room_id);
  }

  std::uint64_t Add(boost::asio::io_context& loop, const std::string& name, Time deadline = kLater,
                    const std::string& room_id = "") {
    return calls_.Add(
        loop.get_executor(),
        [this, name](const absl::StatusOr<std::string>& result) {
          told_.push_back(name + ": " + (result.ok() ? *result : std::string(result.status().message())));
        },
        deadline, room_id);
  }

  /// What the calls that ended are told.
  std::vector<std::string> Told(std::vector<CallsUnderWay::Ended> ended) {
    Tell(std::move(ended));
    loop_.restart();
    loop_.run();
    return std::exchange(told_, {});
  }

  boost::asio::io_context loop_;
  CallsUnderWay calls_;
  std::vector<std::string> told_;
};

const absl::Status kAway = absl::UnavailableError("away");

TEST_F(CallsUnderWayTest, CallEndsOnce) {
  const std::uint64_t number = Add("one");
  EXPECT_NE(Add("another"), number);
  auto ended = calls_.End(number, "answer");
  ASSERT_TRUE(ended);
  EXPECT_FALSE(calls_.End(number, "answer again"));
  EXPECT_EQ(calls_.Send(number), std::nullopt) << "it must not be sent any more";
  std::vector<CallsUnderWay::Ended> all;
  all.push_back(*std::move(ended));
  EXPECT_THAT(Told(std::move(all)), ElementsAre("one: answer"));
}

TEST_F(CallsUnderWayTest, StreamThatBreaksEndsWhatWasSentOnIt) {
  const std::uint64_t first = Add("first");
  Add("waits");
  const std::uint64_t second = Add("second");
  EXPECT_EQ(calls_.Send(first), kLater);
  EXPECT_EQ(calls_.Send(second), kLater);
  EXPECT_THAT(Told(calls_.EndSent(kAway)), UnorderedElementsAre("first: away", "second: away"));
  EXPECT_THAT(Told(calls_.EndSent(kAway)), IsEmpty());
}

TEST_F(CallsUnderWayTest, DeadlineEndsACallWhetherItWasSentOrNot) {
  EXPECT_EQ(calls_.NextDeadline(), Time::max());
  Add("later");
  Add("soon", kSoon);
  calls_.Send(Add("sent", kSoon));
  EXPECT_EQ(calls_.NextDeadline(), kSoon);
  EXPECT_THAT(Told(calls_.EndExpired(kSoon - Duration(1), kAway)), IsEmpty());
  EXPECT_THAT(Told(calls_.EndExpired(kSoon, kAway)), ElementsAre("soon: away", "sent: away"));
  EXPECT_EQ(calls_.NextDeadline(), kLater);
}

TEST_F(CallsUnderWayTest, NewsOfARoomIsAwaitedToTheLastEndOfACall) {
  EXPECT_FALSE(calls_.AwaitsNewsOf("room"));
  const std::uint64_t first = Add("first", kLater, "room");
  calls_.Send(Add("second", kSoon, "room"));
  EXPECT_TRUE(calls_.AwaitsNewsOf("room"));
  EXPECT_FALSE(calls_.AwaitsNewsOf("another room"));
  EXPECT_EQ(calls_.EndExpired(kSoon, kAway).size(), 1u);
  EXPECT_TRUE(calls_.AwaitsNewsOf("room"));
  EXPECT_TRUE(calls_.End(first, "answer"));
  EXPECT_FALSE(calls_.AwaitsNewsOf("room"));
}

TEST_F(CallsUnderWayTest, EachExecutorIsToldOnceAndInOrder) {
  boost::asio::io_context other;
  std::vector<CallsUnderWay::Ended> ended;
  for (const auto& [loop, name] : {std::pair(&loop_, "a"), {&other, "b"}, {&loop_, "c"}, {&other, "d"}}) {
    ended.push_back(*calls_.End(Add(*loop, name), "answer"));
  }
  Tell(std::move(ended));
  EXPECT_EQ(other.run(), 1u);
  EXPECT_THAT(std::exchange(told_, {}), ElementsAre("b: answer", "d: answer"));
  EXPECT_EQ(loop_.run(), 1u);
  EXPECT_THAT(told_, ElementsAre("a: answer", "c: answer"));
}

}  // namespace
}  // namespace parley::edge
