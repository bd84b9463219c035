#include "common/storage/memory_log_store.h"

#include "tests/common/storage/log_store_contract.h"

namespace parley::storage {
namespace {

struct MemoryEngine {
  MemoryLogStore store;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, LogStoreContract, MemoryEngine);

absl::Status Append(LogStore& store, AppendRequest request) {
  absl::Status answer = absl::UnknownError("not answered");
  store.Append(std::move(request), [&](absl::Status status) { answer = std::move(status); });
  return answer;
}

TEST(MemoryLogStoreTest, EventsThatASavedStateIncludesAreTrimmed) {
  MemoryLogStore store({.retained_records = 2, .retained_replies = 10});
  ASSERT_TRUE(Append(store, OneCommand("room", {7, 0}, {"a", "b", "c", "d"})).ok());
  EXPECT_TRUE(store.ReadAfter("room", {7, 0}, kNoLimit).ok());
  store.SaveState("room", {7, 3}, "state");
  EXPECT_TRUE(absl::IsOutOfRange(store.ReadAfter("room", {7, 1}, kNoLimit).status()));
  const auto records = store.ReadAfter("room", {7, 2}, kNoLimit);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ(records->front().sequence, 3u);
  EXPECT_EQ(records->front().bytes, "c");
}

TEST(MemoryLogStoreTest, EventsThatNoStateIncludesAreNeverTrimmed) {
  MemoryLogStore store({.retained_records = 0, .retained_replies = 10});
  ASSERT_TRUE(Append(store, OneCommand("room", {7, 0}, {"a", "b", "c"})).ok());
  store.SaveState("room", {7, 1}, "state");
  const auto room = store.Load("room");
  ASSERT_TRUE(room.ok());
  ASSERT_EQ(room->records.size(), 2u);
  EXPECT_EQ(room->records.front().sequence, 2u);
}

TEST(MemoryLogStoreTest, OldestRepliesAreForgottenFirst) {
  MemoryLogStore store({.retained_records = 10, .retained_replies = 2});
  ASSERT_TRUE(Append(store, OneCommand("room", {7, 0}, {"a"}, "one", "1")).ok());
  ASSERT_TRUE(Append(store, OneCommand("room", {7, 1}, {"b"}, "two", "2")).ok());
  ASSERT_TRUE(Append(store, OneCommand("room", {7, 2}, {"c"}, "three", "3")).ok());
  EXPECT_FALSE(store.FindReply("one")->has_value());
  EXPECT_TRUE(store.FindReply("two")->has_value());
  EXPECT_TRUE(store.FindReply("three")->has_value());
}

TEST(MemoryLogStoreTest, AStoreThatHasLostItsMemoryHasAnotherEpoch) {
  EXPECT_NE(MemoryLogStore().Epoch(), MemoryLogStore().Epoch());
  EXPECT_NE(MemoryLogStore().Epoch(), 0u);
}

}  // namespace
}  // namespace parley::storage
