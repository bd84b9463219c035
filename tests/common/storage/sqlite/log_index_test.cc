#include "common/storage/sqlite/log_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::storage::sqlite {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

constexpr Time kStart{};
constexpr std::size_t kAll = 1000;

LogRow Row(RowId id, const std::string& room, std::uint64_t sequence, std::uint64_t events = 1,
           const std::string& request_id = "", bool last = false, Time time = kStart) {
  return {id, room, {7, sequence}, events, request_id, time, last};
}

LogIndex::Limits Retaining(std::uint64_t events, std::size_t replies = 1000) {
  LogIndex::Limits limits;
  limits.retained_events = events;
  limits.retained_replies = replies;
  return limits;
}

TEST(LogIndexTest, FindsTheRowsOfARoomAmongThoseOfOthers) {
  LogIndex index(Retaining(1000));
  index.Add(Row(1, "a", 1));
  index.Add(Row(2, "b", 1));
  index.Add(Row(3, "a", 4, 3));
  index.Add(Row(4, "a", 5));
  EXPECT_THAT(index.RowsAfter("a", 0, kNoLimit), Optional(ElementsAre(1, 3, 4)));
  EXPECT_THAT(index.RowsAfter("a", 1, kNoLimit), Optional(ElementsAre(3, 4)));
  EXPECT_THAT(index.RowsAfter("a", 2, kNoLimit), Optional(ElementsAre(3, 4)))
      << "the row holds what is wanted, and more";
  EXPECT_THAT(index.RowsAfter("a", 4, kNoLimit), Optional(ElementsAre(4)));
  EXPECT_THAT(index.RowsAfter("a", 5, kNoLimit), Optional(IsEmpty()));
  EXPECT_EQ(index.RowsAfter("a", 6, kNoLimit), std::nullopt);
  EXPECT_THAT(index.RowsAfter("a", 0, 1), Optional(ElementsAre(1)));
  EXPECT_THAT(index.RowsAfter("a", 1, 1), Optional(ElementsAre(3)));
}

TEST(LogIndexTest, RowsThatOnlyReplyAreNoEvents) {
  LogIndex index(Retaining(1000));
  index.Add(Row(1, "a", 1));
  index.Add(Row(2, "a", 1, 0, "request"));
  index.Add(Row(3, "a", 2));
  EXPECT_THAT(index.RowsAfter("a", 0, kNoLimit), Optional(ElementsAre(1, 3)));
  EXPECT_EQ(index.FindReply("request"), 2);
}

TEST(LogIndexTest, RowIsGarbageWhenNobodyNeedsItsEventsAndItsReply) {
  LogIndex index(Retaining(0));
  index.Add(Row(1, "a", 1, 1, "request"));
  index.Add(Row(2, "a", 2));
  EXPECT_TRUE(index.SaveState("a", {7, 2}));
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(2)) << "the reply in row 1 is still kept";
  index.Expire(kStart + std::chrono::hours(1));
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(1));
  EXPECT_EQ(index.FindReply("request"), std::nullopt);
}

TEST(LogIndexTest, StateLetsGoOfWhatItIncludesButWhatIsRetained) {
  LogIndex index(Retaining(2));
  for (RowId id = 1; id <= 5; ++id) index.Add(Row(id, "a", static_cast<std::uint64_t>(id)));
  EXPECT_TRUE(index.SaveState("a", {7, 2}));
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(1, 2));
  EXPECT_TRUE(index.SaveState("a", {7, 5}));
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(3));
  EXPECT_EQ(index.RowsAfter("a", 2, kNoLimit), std::nullopt);
  EXPECT_THAT(index.RowsAfter("a", 3, kNoLimit), Optional(ElementsAre(4, 5)));
}

TEST(LogIndexTest, RowOfSeveralEventsStaysAsLongAsOneIsNeeded) {
  LogIndex index(Retaining(0));
  index.Add(Row(1, "a", 3, 3));
  EXPECT_TRUE(index.SaveState("a", {7, 2}));
  EXPECT_THAT(index.TakeGarbage(kAll), IsEmpty());
  EXPECT_TRUE(index.SaveState("a", {7, 3}));
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(1));
}

TEST(LogIndexTest, RoomThatHasEndedIsGarbageAndItsLastRowGoesLast) {
  LogIndex index(Retaining(1000));
  index.Add(Row(1, "a", 1, 1, "request"));
  index.Add(Row(2, "a", 2));
  index.Add(Row(3, "a", 3, 1, "", true));
  EXPECT_FALSE(index.FindRoom("a").has_value());
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(2));
  index.Expire(kStart + std::chrono::hours(1));
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(1, 3))
      << "without its last row, the room would be there again when the log is read";
}

TEST(LogIndexTest, OldestRepliesGoFirstWhenThereAreTooMany) {
  LogIndex index(Retaining(1000, 2));
  index.Add(Row(1, "a", 1, 1, "first"));
  index.Add(Row(2, "a", 2, 1, "second"));
  index.Add(Row(3, "a", 3, 1, "third"));
  EXPECT_EQ(index.FindReply("first"), std::nullopt);
  EXPECT_EQ(index.FindReply("second"), 2);
  EXPECT_EQ(index.FindReply("third"), 3);
}

TEST(LogIndexTest, LaterReplyOfTheSameRequestOutlivesTheEarlierOne) {
  LogIndex index(Retaining(1000));
  index.Add(Row(1, "a", 1, 0, "request"));  // it has expired, but is in the file still
  index.Add(Row(2, "a", 1, 0, "request", false, kStart + std::chrono::minutes(11)));
  EXPECT_EQ(index.FindReply("request"), 2);
  index.Expire(kStart + std::chrono::minutes(11));
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(1));
  EXPECT_EQ(index.FindReply("request"), 2);
  index.Expire(kStart + std::chrono::hours(1));
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(2));
  EXPECT_EQ(index.FindReply("request"), std::nullopt);
}

TEST(LogIndexTest, GarbageIsHandedOutInPortionsAndMayComeBack) {
  LogIndex index(Retaining(0));
  for (RowId id = 1; id <= 4; ++id) index.Add(Row(id, "a", static_cast<std::uint64_t>(id)));
  index.SaveState("a", {7, 4});
  const std::vector<RowId> some = index.TakeGarbage(3);
  EXPECT_THAT(some, ElementsAre(1, 2, 3));
  index.ReturnGarbage(some);
  EXPECT_THAT(index.TakeGarbage(kAll), ElementsAre(1, 2, 3, 4));
}

TEST(LogIndexTest, ReadsALogOfWhichOnlyRepliesWereLeft) {
  LogIndex index(Retaining(1000));
  index.Add(Row(1, "a", 1, 1, "request"));  // the row of event 2 has been deleted
  index.Add(Row(3, "a", 3));
  EXPECT_TRUE(index.AddState("a", {7, 2}));
  EXPECT_EQ(index.FindTornRoom(), std::nullopt);
  EXPECT_THAT(index.RowsAfter("a", 2, kNoLimit), Optional(ElementsAre(3)));
  EXPECT_EQ(index.RowsAfter("a", 1, kNoLimit), std::nullopt);
}

TEST(LogIndexTest, ReadsARoomThatIsAllState) {
  LogIndex index(Retaining(1000));
  EXPECT_TRUE(index.AddState("a", {7, 5}));
  EXPECT_EQ(index.FindTornRoom(), std::nullopt);
  EXPECT_EQ(index.FindRoom("a")->head, (Position{7, 5}));
  EXPECT_THAT(index.RowsAfter("a", 5, kNoLimit), Optional(IsEmpty()));
}

TEST(LogIndexTest, SeesThatEventsAreMissing) {
  LogIndex after_state(Retaining(1000));
  after_state.Add(Row(1, "a", 9));
  EXPECT_FALSE(after_state.AddState("a", {7, 5}));

  LogIndex of_another_life(Retaining(1000));
  of_another_life.Add(Row(1, "a", 6));
  EXPECT_FALSE(of_another_life.AddState("a", {8, 5}));

  LogIndex without_state(Retaining(1000));
  without_state.Add(Row(1, "a", 2));
  EXPECT_EQ(without_state.FindTornRoom(), "a");
}

}  // namespace
}  // namespace parley::storage::sqlite
