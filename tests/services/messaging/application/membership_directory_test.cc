#include "services/messaging/application/membership_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "common/ids/digest.h"
#include "services/messaging/domain/errors.h"
#include "tests/services/messaging/support/fake_rooms.h"
#include "tests/services/messaging/support/manual_clock.h"

namespace parley::messaging {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kRoom[] = "123456789";

/// Notes what it is asked to keep; rooms open at once unless held back.
class Keeper final : public MembershipDirectory::Listener {
 public:
  void OpenRoom(const RoomLife& room, std::function<void()> opened) override {
    calls.push_back("open " + room.room_id + "/" + std::to_string(room.incarnation));
    if (hold) {
      held.push_back(std::move(opened));
    } else {
      opened();
    }
  }
  void CloseRoom(const std::string& room_id) override { calls.push_back("close " + room_id); }
  std::vector<std::string> FindUnnamed(const std::string&, const std::vector<std::string>& ids) override {
    return ids;
  }

  bool hold = false;
  std::vector<std::function<void()>> held;
  std::vector<std::string> calls;
};

/// What a question came to; nothing while it waits.
using Answer = std::shared_ptr<std::optional<absl::StatusOr<RoomLife>>>;

class MembershipDirectoryTest : public testing::Test {
 protected:
  MembershipDirectoryTest() : directory_(rooms_, keeper_, clock_.schedule(), clock_) {
    rooms_.set_observer(&directory_);
  }

  Answer Find(const RoomReference& room) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<RoomLife>>>();
    directory_.Find(room, clock_.Now() + Duration(1'000), Into(answer));
    return answer;
  }

  Answer Await(storage::Position position) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<RoomLife>>>();
    directory_.Await(kRoom, position, clock_.Now() + Duration(1'000), Into(answer));
    return answer;
  }

  /// A room that is known already.
  RoomLife Known(std::uint64_t incarnation = 7) {
    rooms_.Create(kRoom, incarnation);
    const Answer answer = Find({kRoom, {}});
    rooms_.Deliver();
    return ***answer;
  }

  bool IsPresent(const RoomLife& room, const std::string& participant_id) {
    bool present = false;
    EXPECT_TRUE(
        directory_
            .Read(room,
                  [&](const Membership& membership) { present = membership.Find(participant_id) != nullptr; })
            .ok());
    return present;
  }

  static std::function<void(absl::StatusOr<RoomLife>)> Into(const Answer& answer) {
    return [answer](absl::StatusOr<RoomLife> room) {
      EXPECT_FALSE(answer->has_value()) << "answered twice";
      *answer = std::move(room);
    };
  }

  static bool IsRefused(const Answer& answer, const ErrorReason& reason) {
    return answer->has_value() && Is((*answer)->status(), reason);
  }
  static bool IsFound(const Answer& answer) { return answer->has_value() && (*answer)->ok(); }

  ManualClock clock_;
  FakeRooms rooms_;
  Keeper keeper_;
  MembershipDirectory directory_;
};

TEST_F(MembershipDirectoryTest, FirstQuestionFollowsTheRoomAndWaitsForNewsOfIt) {
  rooms_.Create(kRoom, 7);
  EXPECT_FALSE(rooms_.IsFollowed(kRoom));
  const Answer answer = Find({kRoom, {}});
  EXPECT_TRUE(rooms_.IsFollowed(kRoom));
  EXPECT_FALSE(answer->has_value());
  rooms_.Deliver();
  ASSERT_TRUE(IsFound(answer));
  EXPECT_EQ((**answer)->incarnation, 7u);
  EXPECT_EQ(rooms_.gets(), 0);
}

TEST_F(MembershipDirectoryTest, NobodyFindsARoomBeforeItIsOpen) {
  keeper_.hold = true;
  rooms_.Create(kRoom, 7);
  const Answer answer = Find({kRoom, {}});
  rooms_.Deliver();
  EXPECT_FALSE(answer->has_value());
  keeper_.held.front()();
  EXPECT_TRUE(IsFound(answer));
}

TEST_F(MembershipDirectoryTest, QuestionWithoutNewsIsUnavailableAtItsDeadline) {
  rooms_.set_away(true);
  const Answer answer = Find({kRoom, {}});
  clock_.Advance(Duration(999));
  EXPECT_FALSE(answer->has_value());
  clock_.Advance(Duration(1));
  EXPECT_TRUE(IsRefused(answer, kServiceUnavailable));
}

TEST_F(MembershipDirectoryTest, RoomThatDoesNotExistIsNotFoundAndNotRemembered) {
  const Answer answer = Find({kRoom, {}});
  rooms_.Deliver();
  EXPECT_TRUE(IsRefused(answer, kRoomNotFound));
  EXPECT_THAT(keeper_.calls, IsEmpty());
  rooms_.Create(kRoom, 7);
  const Answer again = Find({kRoom, {}});
  rooms_.Deliver();
  EXPECT_TRUE(IsFound(again));
}

TEST_F(MembershipDirectoryTest, UnknownHashIsAskedForAndAKnownOneIsNot) {
  rooms_.Create(kRoom, 7);
  const Answer first = Find({{}, Md5Hex(kRoom)});
  rooms_.Deliver();
  ASSERT_TRUE(IsFound(first));
  EXPECT_EQ((**first)->room_id, kRoom);
  EXPECT_EQ(rooms_.gets(), 1);
  EXPECT_TRUE(IsFound(Find({{}, Md5Hex(kRoom)})));
  EXPECT_EQ(rooms_.gets(), 1);
}

TEST_F(MembershipDirectoryTest, HashOfNoRoomIsNotFound) {
  EXPECT_TRUE(IsRefused(Find({{}, Md5Hex("no room")}), kRoomNotFound));
}

TEST_F(MembershipDirectoryTest, UnknownHashIsUnavailableWhileTheSourceIsAway) {
  rooms_.set_away(true);
  EXPECT_TRUE(IsRefused(Find({{}, Md5Hex(kRoom)}), kServiceUnavailable));
}

TEST_F(MembershipDirectoryTest, KnownRoomIsFoundWhileTheSourceIsAway) {
  Known();
  rooms_.set_away(true);
  EXPECT_TRUE(IsFound(Find({kRoom, {}})));
  EXPECT_TRUE(IsFound(Find({{}, Md5Hex(kRoom)})));
}

TEST_F(MembershipDirectoryTest, PositionThatIsKnownIsNotWaitedFor) {
  Known();
  const storage::Position position = rooms_.Join(kRoom, "ann");
  rooms_.Deliver();
  EXPECT_TRUE(IsFound(Await(position)));
}

TEST_F(MembershipDirectoryTest, PositionIsAnsweredNoSoonerThanItsNewsArrive) {
  const RoomLife room = Known();
  rooms_.Join(kRoom, "ann");
  rooms_.Deliver();
  const Answer answer = Await(rooms_.Leave(kRoom, "ann"));
  EXPECT_FALSE(answer->has_value());
  EXPECT_TRUE(IsPresent(room, "ann"));
  rooms_.Deliver();
  EXPECT_TRUE(IsFound(answer));
  EXPECT_FALSE(IsPresent(room, "ann"));
}

TEST_F(MembershipDirectoryTest, PositionThatNeverComesIsUnavailable) {
  Known();
  const Answer answer = Await({7, 99});
  clock_.Advance(Duration(1'000));
  EXPECT_TRUE(IsRefused(answer, kServiceUnavailable));
}

TEST_F(MembershipDirectoryTest, PositionInARoomThatEndsMeanwhileIsNotFound) {
  Known();
  const Answer answer = Await({7, 99});
  rooms_.Destroy(kRoom);
  rooms_.Deliver();
  EXPECT_TRUE(IsRefused(answer, kRoomNotFound));
}

TEST_F(MembershipDirectoryTest, PositionOfAFormerLifeIsNotFound) {
  Known(7);
  EXPECT_TRUE(IsRefused(Await({6, 1}), kRoomNotFound));
}

TEST_F(MembershipDirectoryTest, PositionOfALifeThatIsNotHeardOfYetIsWaitedFor) {
  Known(7);
  rooms_.Destroy(kRoom);
  rooms_.Create(kRoom, 8);
  const Answer answer = Await(rooms_.Join(kRoom, "ann"));
  EXPECT_FALSE(answer->has_value());
  rooms_.Deliver();
  ASSERT_TRUE(IsFound(answer));
  EXPECT_EQ((**answer)->incarnation, 8u);
}

TEST_F(MembershipDirectoryTest, EndClosesTheRoomAndForgetsWhoWasThere) {
  const RoomLife room = Known();
  rooms_.Join(kRoom, "ann");
  rooms_.Destroy(kRoom);
  rooms_.Deliver();
  EXPECT_THAT(keeper_.calls, ElementsAre("open 123456789/7", "close 123456789"));
  EXPECT_TRUE(Is(directory_.Read(room, [](const Membership&) {}), kRoomNotFound));
  EXPECT_TRUE(IsRefused(Find({{}, Md5Hex(kRoom)}), kRoomNotFound));
}

TEST_F(MembershipDirectoryTest, AnotherLifeOpensTheRoomAnew) {
  const RoomLife former = Known(7);
  rooms_.Join(kRoom, "ann");
  rooms_.Deliver();
  rooms_.Destroy(kRoom);
  rooms_.Create(kRoom, 8);
  // The end was missed; a snapshot of another life says as much.
  rooms_.Follow(kRoom);
  rooms_.Reconnect();
  rooms_.Deliver();
  EXPECT_THAT(keeper_.calls, ElementsAre("open 123456789/7", "open 123456789/8"));
  EXPECT_TRUE(Is(directory_.Read(former, [](const Membership&) {}), kRoomNotFound));
}

TEST_F(MembershipDirectoryTest, NewsMissedWhileAwayAreCaughtUpOn) {
  const RoomLife room = Known();
  rooms_.Join(kRoom, "ann");
  rooms_.Deliver();
  rooms_.set_away(true);
  const Answer answer = Await(rooms_.Leave(kRoom, "ann"));
  rooms_.Reconnect();
  rooms_.Deliver();
  EXPECT_TRUE(IsFound(answer));
  EXPECT_FALSE(IsPresent(room, "ann"));
}

TEST_F(MembershipDirectoryTest, AskingBringsNewsForwardAndTheirLateArrivalChangesNothing) {
  const RoomLife room = Known();
  rooms_.Join(kRoom, "ann");
  rooms_.Join(kRoom, "bob");
  rooms_.Leave(kRoom, "ann");
  std::vector<absl::Status> answers;
  directory_.Refresh(room, [&](absl::Status status) { answers.push_back(std::move(status)); });
  EXPECT_THAT(answers, ElementsAre(absl::OkStatus()));
  EXPECT_TRUE(IsPresent(room, "bob"));
  rooms_.Deliver();
  EXPECT_TRUE(IsPresent(room, "bob"));
  EXPECT_FALSE(IsPresent(room, "ann"));
}

TEST_F(MembershipDirectoryTest, AnswerThatIsOlderThanTheNewsChangesNothing) {
  const RoomLife room = Known();
  rooms_.set_hold_gets(true);
  int answers = 0;
  directory_.Refresh(room, [&](const absl::Status&) { ++answers; });
  rooms_.Join(kRoom, "ann");
  rooms_.Deliver();
  rooms_.AnswerGets(FakeRooms::AsOf::kAsked);
  EXPECT_EQ(answers, 1);
  EXPECT_TRUE(IsPresent(room, "ann"));
}

TEST_F(MembershipDirectoryTest, AtMostOneQuestionPerRoomIsUnderWayAndNoneIsAnsweredByAnOlderOne) {
  const RoomLife room = Known();
  rooms_.set_hold_gets(true);
  int first = 0;
  int later = 0;
  directory_.Refresh(room, [&](const absl::Status&) { ++first; });
  directory_.Refresh(room, [&](const absl::Status&) { ++later; });
  directory_.Refresh(room, [&](const absl::Status&) { ++later; });
  EXPECT_EQ(rooms_.gets(), 1);
  EXPECT_EQ(rooms_.AnswerGets(), 1u);
  EXPECT_EQ(first, 1);
  EXPECT_EQ(later, 0);
  EXPECT_EQ(rooms_.gets(), 2);
  EXPECT_EQ(rooms_.AnswerGets(), 1u);
  EXPECT_EQ(later, 2);
}

TEST_F(MembershipDirectoryTest, QuestionOfALifeThatEndsIsAnsweredOnce) {
  const RoomLife room = Known();
  rooms_.set_hold_gets(true);
  std::vector<absl::Status> answers;
  for (int i = 0; i < 2; ++i) {
    directory_.Refresh(room, [&](absl::Status status) { answers.push_back(std::move(status)); });
  }
  rooms_.Destroy(kRoom);
  rooms_.Deliver();
  ASSERT_EQ(answers.size(), 2u);
  for (const absl::Status& status : answers) EXPECT_TRUE(Is(status, kRoomNotFound));
  rooms_.AnswerGets();
  EXPECT_EQ(answers.size(), 2u);
}

TEST_F(MembershipDirectoryTest, AnswerAboutAnotherLifeIsNotMixedIn) {
  const RoomLife room = Known(7);
  rooms_.Join(kRoom, "ann");
  rooms_.Deliver();
  rooms_.set_hold_gets(true);
  int answers = 0;
  directory_.Refresh(room, [&](const absl::Status&) { ++answers; });
  rooms_.Destroy(kRoom);
  rooms_.Create(kRoom, 8);
  rooms_.AnswerGets();
  EXPECT_EQ(answers, 1);
  EXPECT_TRUE(IsPresent(room, "ann")) << "until the news say otherwise";
}

TEST_F(MembershipDirectoryTest, StopAnswersEverybodyWhoWaits) {
  rooms_.set_away(true);
  const Answer waiting = Find({kRoom, {}});
  directory_.Stop();
  EXPECT_TRUE(IsRefused(waiting, kShuttingDown));
  EXPECT_TRUE(IsRefused(Find({kRoom, {}}), kShuttingDown));
  clock_.Advance(Duration(5'000));
}

}  // namespace
}  // namespace parley::messaging
