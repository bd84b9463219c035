#include "common/storage/sqlite/checkpointer.h"

#include <utility>

#include "common/log/log.h"

namespace parley::storage::sqlite {
namespace {

// Pages of 4 KiB. Below the first number a checkpoint isn't worth the disk's time. While writers are never
// idle the log grows all the same, until from the second number on they wait for its end to be carried over.
constexpr int kPagesWorthCarrying = 1'000;
constexpr int kTooManyPages = 16'000;

}  // namespace

Checkpointer::Checkpointer(Database database) : database_(std::move(database)), thread_([this] { Run(); }) {}

Checkpointer::~Checkpointer() {
  {
    const absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  thread_.join();
  Checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

void Checkpointer::OnCommit(int pages) {
  const absl::MutexLock lock(&mutex_);
  // The log has begun anew.
  if (pages < pages_) carried_ = 0;
  pages_ = pages;
}

void Checkpointer::Run() {
  for (;;) {
    int pages;
    {
      const absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](Checkpointer* self) ABSL_NO_THREAD_SAFETY_ANALYSIS {
            return self->closing_ || self->pages_ - self->carried_ >= kPagesWorthCarrying;
          },
          this));
      if (closing_) return;
      // While somebody reads or writes the log isn't begun anew, and goes on growing behind what was carried.
      pages = carried_ = pages_;
    }
    Checkpoint(SQLITE_CHECKPOINT_PASSIVE);
    if (pages >= kTooManyPages) Checkpoint(SQLITE_CHECKPOINT_RESTART);
  }
}

void Checkpointer::Checkpoint(int mode) {
  const int code = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, mode, nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) {
    log::Warning("checkpoint failed", {{"cause", sqlite3_errmsg(database_.handle())}});
  }
}

}  // namespace parley::storage::sqlite
