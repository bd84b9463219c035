#include "common/storage/sqlite/sqlite_log_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <thread>

#include "common/turn/turn.h"
#include "tests/common/storage/log_store_contract.h"
#include "tests/common/storage/sqlite/scratch_file.h"
#include "tests/support/manual_clock.h"

namespace parley::storage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct SqliteEngine {
  SqliteEngine() : opened(SqliteLogStore::Open({file.path(), {}, {}}, clock)), store(**opened) {}

  SystemClock clock;
  ScratchFile file;
  absl::StatusOr<std::unique_ptr<SqliteLogStore>> opened;
  LogStore& store;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, LogStoreContract, SqliteEngine);

class SqliteLogStoreTest : public ::testing::Test {
 protected:
  void Open(sqlite::LogIndex::Limits limits = {}) {
    store_ = nullptr;
    auto opened = SqliteLogStore::Open({file_.path(), SqliteLogStore::Durability::kProcess, limits}, clock_);
    if (!opened.ok()) throw std::runtime_error(opened.status().ToString());
    store_ = *std::move(opened);
  }

  absl::Status OpeningFails() {
    store_ = nullptr;
    return SqliteLogStore::Open({file_.path(), {}, {}}, clock_).status();
  }

  absl::Status Append(AppendRequest request) {
    std::promise<absl::Status> answer;
    store_->Append(std::move(request), [&](absl::Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }

  /// How many rows the file has, when the store is closed.
  std::int64_t CountRows() {
    store_ = nullptr;
    auto database = sqlite::Database::Open(file_.path());
    auto count = database->Prepare("SELECT count(*) FROM log");
    EXPECT_TRUE(*count->Step());
    return count->Integer(0);
  }

  /// Overwrites what follows the first occurrence of `text` in the file.
  void Spoil(const std::string& text) {
    store_ = nullptr;
    std::fstream file(file_.path(), std::ios::in | std::ios::out | std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const std::size_t at = bytes.find(text);
    ASSERT_NE(at, std::string::npos);
    file.seekp(static_cast<std::streamoff>(at));
    file << std::string(text.size(), '?');
  }

  testing::ManualClock clock_;
  ScratchFile file_;
  std::unique_ptr<SqliteLogStore> store_;
};

TEST_F(SqliteLogStoreTest, FileThatMayNotBeWrittenIsNotOpened) {
  Open();
  store_ = nullptr;
  namespace fs = std::filesystem;
  const fs::path file = file_.path();
  fs::permissions(file.parent_path(), fs::perms(0711));
  fs::permissions(file, fs::perms(0444));
  // Permissions are lost on root.
  const uid_t user = ::geteuid();
  ASSERT_EQ(::seteuid(user == 0 ? 65534 : user), 0);
  const absl::Status status = sqlite::Database::Open(file.string()).status();
  ASSERT_EQ(::seteuid(user), 0);
  EXPECT_THAT(std::string(status.message()), HasSubstr("may not be written"));
}

TEST_F(SqliteLogStoreTest, RemembersEverythingAfterItWasClosed) {
  Open();
  const std::uint64_t epoch = store_->Epoch();
  EXPECT_NE(epoch, 0u);
  ASSERT_TRUE(Append(OneCommand("a", {7, 0}, {"1", "2"}, "request", "reply")).ok());
  store_->SaveState("a", {7, 2}, "state");
  ASSERT_TRUE(Append(OneCommand("a", {7, 2}, {"3"})).ok());
  ASSERT_TRUE(Append(OneCommand("gone", {8, 0}, {"1"})).ok());
  ASSERT_TRUE(Append(OneCommand("gone", {8, 1}, {"2"}, "end", "ended", true)).ok());
  Open();
  EXPECT_EQ(store_->Epoch(), epoch);
  EXPECT_THAT(*store_->ListRoomIds(), ::testing::ElementsAre("a"));
  const auto room = store_->Load("a");
  ASSERT_TRUE(room.ok()) << room.status();
  EXPECT_EQ(room->head, (Position{7, 3}));
  EXPECT_EQ(room->state_sequence, 2u);
  EXPECT_EQ(room->state, "state");
  ASSERT_EQ(room->records.size(), 1u);
  EXPECT_EQ(room->records[0].bytes, "3");
  EXPECT_EQ(store_->ReadAfter("a", {7, 0}, kNoLimit)->size(), 3u);
  EXPECT_EQ(store_->FindReply("request").value()->reply, "reply");
  EXPECT_EQ(store_->FindReply("end").value()->position, (Position{8, 2}));
  EXPECT_TRUE(absl::IsAlreadyExists(Append(OneCommand("a", {7, 3}, {"4"}, "request"))));
}

TEST_F(SqliteLogStoreTest, AnotherProcessIsKeptOut) {
  Open();
  const absl::Status status = SqliteLogStore::Open({file_.path(), {}, {}}, clock_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("another process uses"));
  store_ = nullptr;
  Open();
}

TEST_F(SqliteLogStoreTest, NothingAcknowledgedIsLostWhenTheProcessIsKilled) {
  for (int round = 0; round < 5; ++round) {
    int acknowledged[2];
    ASSERT_EQ(pipe(acknowledged), 0);
    const std::string room_id = "room " + std::to_string(round);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      SystemClock clock;
      auto store = SqliteLogStore::Open({file_.path(), {}, {}}, clock);
      if (!store.ok()) _exit(1);
      for (std::uint64_t n = 0;; ++n) {
        std::promise<absl::Status> answer;
        (*store)->Append(OneCommand(room_id, {7, n}, {std::to_string(n)}),
                         [&](absl::Status status) { answer.set_value(std::move(status)); });
        if (!answer.get_future().get().ok()) _exit(2);
        if (write(acknowledged[1], "+", 1) != 1) _exit(3);
      }
    }
    close(acknowledged[1]);
    std::uint64_t count = 0;
    char byte;
    while (count < 200 && read(acknowledged[0], &byte, 1) == 1) ++count;
    ASSERT_EQ(count, 200u) << "the child could not store";
    kill(child, SIGKILL);
    while (read(acknowledged[0], &byte, 1) == 1) ++count;
    close(acknowledged[0]);
    waitpid(child, nullptr, 0);

    Open();
    const auto room = store_->Load(room_id);
    ASSERT_TRUE(room.ok()) << room.status();
    EXPECT_GE(room->head.sequence, count);
    EXPECT_LE(room->head.sequence, count + 1) << "one may have been stored, but not acknowledged any more";
    ASSERT_EQ(room->records.size(), room->head.sequence);
    for (std::uint64_t n = 0; n < count; ++n) EXPECT_EQ(room->records[n].bytes, std::to_string(n));
    store_ = nullptr;
  }
}

TEST_F(SqliteLogStoreTest, FullDiskRefusesAndHarmsNothing) {
  Open();
  ASSERT_TRUE(Append(OneCommand("a", {7, 0}, {"1"})).ok());
  // What a full disk is to a process: writing beyond a size fails.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit full = before;
  full.rlim_cur = std::filesystem::file_size(file_.path() + "-wal") + 10'000;
  setrlimit(RLIMIT_FSIZE, &full);
  const absl::Status refused = Append(OneCommand("a", {7, 1}, {std::string(1'000'000, 'x')}, "request"));
  const absl::Status refused_again =
      Append(OneCommand("a", {7, 1}, {std::string(1'000'000, 'x')}, "request"));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_TRUE(absl::IsResourceExhausted(refused_again)) << refused_again;
  EXPECT_EQ(store_->Load("a")->head, (Position{7, 1}));
  EXPECT_FALSE(store_->FindReply("request")->has_value());

  EXPECT_TRUE(Append(OneCommand("a", {7, 1}, {"2"}, "request")).ok()) << "there is room again";
  Open();
  EXPECT_EQ(store_->ReadAfter("a", {7, 0}, kNoLimit)->size(), 2u);
}

TEST_F(SqliteLogStoreTest, DirectoryThatIsNotThereIsTold) {
  std::filesystem::remove_all(file_.directory());
  const absl::Status status = OpeningFails();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(file_.path()), HasSubstr("No such file")));
}

TEST_F(SqliteLogStoreTest, FileThatIsNoDatabaseIsRefusedWithAdvice) {
  std::ofstream(file_.path()) << std::string(10'000, 'x');
  const absl::Status status = OpeningFails();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(file_.path()), HasSubstr("backup")));
}

TEST_F(SqliteLogStoreTest, FileThatWasCutShortIsRefusedWithAdvice) {
  Open();
  ASSERT_TRUE(Append(OneCommand("a", {7, 0}, {std::string(100'000, 'x')})).ok());
  store_ = nullptr;
  std::filesystem::resize_file(file_.path(), 50'000);
  const absl::Status status = OpeningFails();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("backup"));
}

TEST_F(SqliteLogStoreTest, EventThatHasChangedOnTheDiskIsNoticed) {
  Open();
  ASSERT_TRUE(Append(OneCommand("a", {7, 0}, {"the event that is spoiled"})).ok());
  Spoil("the event that is spoiled");
  const absl::Status status = OpeningFails();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("row 1"), HasSubstr("backup")));
}

TEST_F(SqliteLogStoreTest, StateThatHasChangedOnTheDiskIsNoticed) {
  Open();
  ASSERT_TRUE(Append(OneCommand("a", {7, 0}, {"1"})).ok());
  store_->SaveState("a", {7, 1}, "the state that is spoiled");
  Spoil("the state that is spoiled");
  EXPECT_TRUE(absl::IsDataLoss(OpeningFails()));
}

TEST_F(SqliteLogStoreTest, FileOfAnotherProgramIsRefused) {
  {
    auto database = sqlite::Database::Open(file_.path());
    ASSERT_TRUE(database->Execute("CREATE TABLE log (x)").ok());
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(OpeningFails()));
}

TEST_F(SqliteLogStoreTest, FileOfALaterVersionIsRefused) {
  Open();
  store_ = nullptr;
  {
    auto database = sqlite::Database::Open(file_.path());
    ASSERT_TRUE(database->Execute("PRAGMA user_version = 2").ok());
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(OpeningFails()));
}

TEST_F(SqliteLogStoreTest, FileDoesNotGrowWithRoomsThatHaveEnded) {
  sqlite::LogIndex::Limits limits;
  limits.retained_replies = 10;
  Open(limits);
  for (int i = 0; i < 2'000; ++i) {
    const std::string room_id = std::to_string(i);
    ASSERT_TRUE(Append(OneCommand(room_id, {7, 0}, {"1"}, "make " + room_id)).ok());
    ASSERT_TRUE(Append(OneCommand(room_id, {7, 1}, {"2"}, "", "", true)).ok());
  }
  EXPECT_LT(CountRows(), 100);
}

TEST_F(SqliteLogStoreTest, FileDoesNotGrowWithARoomThatLives) {
  sqlite::LogIndex::Limits limits;
  limits.retained_events = 10;
  limits.retained_replies = 10;
  Open(limits);
  for (std::uint64_t n = 0; n < 2'000; ++n) {
    ASSERT_TRUE(Append(OneCommand("a", {7, n}, {"x"}, "request " + std::to_string(n))).ok());
    if (n % 10 == 0) store_->SaveState("a", {7, n + 1}, "state");
  }
  EXPECT_LT(CountRows(), 100);
  Open(limits);
  EXPECT_EQ(store_->Load("a")->head, (Position{7, 2'000}));
}

TEST_F(SqliteLogStoreTest, FileDoesNotGrowWithCommandsThatWereDecidedTogether) {
  sqlite::LogIndex::Limits limits;
  limits.retained_events = 10;
  limits.retained_replies = 10;
  Open(limits);
  constexpr std::uint64_t kTogether = 64;
  for (std::uint64_t n = 0; n < 100 * kTogether; n += kTogether) {
    AppendRequest request{"a", {7, n}, {}, false};
    for (std::uint64_t i = 0; i < kTogether; ++i) {
      request.commands.push_back({{"x"}, "request " + std::to_string(n + i), "reply"});
    }
    ASSERT_TRUE(Append(std::move(request)).ok());
    store_->SaveState("a", {7, n + kTogether}, "state");
  }
  EXPECT_LT(CountRows(), 300);
  Open(limits);
  EXPECT_EQ(store_->Load("a")->head, (Position{7, 100 * kTogether}));
}

TEST_F(SqliteLogStoreTest, RepliesAreKeptForATime) {
  Open();
  ASSERT_TRUE(Append(OneCommand("a", {7, 0}, {"1"}, "request", "reply")).ok());
  clock_.Advance(std::chrono::minutes(9));
  ASSERT_TRUE(Append(OneCommand("a", {7, 1}, {"2"})).ok());
  EXPECT_TRUE(store_->FindReply("request")->has_value());
  clock_.Advance(std::chrono::minutes(1));
  ASSERT_TRUE(Append(OneCommand("a", {7, 2}, {"3"})).ok());
  EXPECT_FALSE(store_->FindReply("request")->has_value());
}

TEST_F(SqliteLogStoreTest, WhatIsAppendedWithinATurnIsCommittedAtItsEnd) {
  Open();
  std::vector<std::string> committed;
  {
    const Turn turn;
    for (const std::string room : {"a", "b"}) {
      store_->Append(OneCommand(room, {7, 0}, {"1"}), [&, room](const absl::Status& status) {
        EXPECT_EQ(status, absl::OkStatus());
        committed.push_back(room);
        // What a command's end leads to belongs to the turn, too.
        store_->Append(OneCommand(room, {7, 1}, {"2"}), [&, room](const absl::Status& next) {
          EXPECT_EQ(next, absl::OkStatus());
          committed.push_back(room + " next");
        });
      });
    }
    EXPECT_TRUE(committed.empty());
  }
  EXPECT_EQ(committed, (std::vector<std::string>{"a", "b", "a next", "b next"}));
  EXPECT_EQ(store_->Load("b")->head, (Position{7, 2}));
}

TEST_F(SqliteLogStoreTest, WhatWasAppendedBeforeItClosesIsCommitted) {
  Open();
  std::vector<absl::Status> answers;
  for (int i = 0; i < 5'000; ++i) {
    store_->Append(OneCommand(std::to_string(i), {7, 0}, {"x"}),
                   [&](absl::Status status) { answers.push_back(std::move(status)); });
  }
  store_ = nullptr;
  EXPECT_EQ(answers.size(), 5'000u);
  for (const absl::Status& status : answers) EXPECT_TRUE(status.ok()) << status;
  Open();
  EXPECT_EQ(store_->ListRoomIds()->size(), 5'000u);
}

TEST_F(SqliteLogStoreTest, WhatIsCommittedIsCarriedIntoTheFileWhileTheStoreIsOpen) {
  Open();
  constexpr std::uintmax_t kBytes = 64 << 20;
  const std::vector<std::string> records(64, std::string(4'096, 'x'));
  for (std::uint64_t sequence = 0; sequence * 4'096 < kBytes; sequence += records.size()) {
    ASSERT_TRUE(Append(OneCommand("a", {7, sequence}, records)).ok());
  }
  // Another thread does that, in its own time.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto size = [this] { return std::filesystem::file_size(file_.path()); };
  while (size() < kBytes / 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_GE(size(), kBytes / 2);
}

TEST_F(SqliteLogStoreTest, LogThatIsCarriedOverWhileItGrowsLosesNothing) {
  Open();
  const std::string event(10'000, 'x');
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&, room_id = std::to_string(w)] {
      for (std::uint64_t n = 0; n < 300; ++n) {
        ASSERT_TRUE(Append(OneCommand(room_id, {7, n}, {event})).ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(CountRows(), 1'200);
  EXPECT_FALSE(std::filesystem::exists(file_.path() + "-wal")) << "a clean end leaves one file";
}

}  // namespace
}  // namespace parley::storage
