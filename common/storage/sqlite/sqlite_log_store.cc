#include "common/storage/sqlite/sqlite_log_store.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/storage/sqlite/log_file.h"
#include "common/storage/sqlite/row_bytes.h"
#include "common/turn/turn.h"

namespace parley::storage {

using sqlite::Database;
using sqlite::LogFile;
using sqlite::LogIndex;
using sqlite::LogWriter;
using sqlite::PendingAppend;
using sqlite::PendingState;
using sqlite::RowId;
using sqlite::Statement;

namespace {

constexpr std::size_t kMaxBatch = 256;
// What a caller commits, at most, before it leaves the rest to the store's own thread.
constexpr int kBatchesPerTurn = 32;
// Deleting keeps pace with appending, and then some, so that it never has much to catch up with.
constexpr std::size_t kLeastGarbagePerBatch = 16;
// What takes so long to write is worth a word in the log.
constexpr Duration kSlow{1'000};

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteLogStore>> SqliteLogStore::Open(Options options, const Clock& clock) {
  const std::string& path = options.path;
  absl::StatusOr<sqlite::FileLock> lock = sqlite::FileLock::Take(path + ".lock");
  if (!lock.ok()) return lock.status();
  absl::StatusOr<LogFile> file =
      sqlite::OpenLogFile(path, options.durability == Durability::kPower, options.limits);
  if (!file.ok()) return file.status();
  absl::StatusOr<Reader> reader = OpenReader(path);
  if (!reader.ok()) return reader.status();
  absl::StatusOr<Database> checkpoints = Database::Open(path);
  if (!checkpoints.ok()) return checkpoints.status();
  // A connection that has never read doesn't know of the write-ahead log, and its checkpoints would do
  // nothing.
  const absl::Status read = checkpoints->Execute("SELECT count(*) FROM sqlite_schema");
  if (!read.ok()) return read;
  absl::StatusOr<std::unique_ptr<LogWriter>> writer =
      LogWriter::Open(std::move(file->database), *std::move(checkpoints));
  if (!writer.ok()) return writer.status();
  return std::unique_ptr<SqliteLogStore>(new SqliteLogStore(clock, options.durability, *std::move(lock),
                                                            std::move(file->index), file->epoch,
                                                            *std::move(reader), *std::move(writer)));
}

absl::StatusOr<SqliteLogStore::Reader> SqliteLogStore::OpenReader(const std::string& path) {
  absl::StatusOr<Database> database = Database::Open(path);
  if (!database.ok()) return database.status();
  absl::StatusOr<Statement> read_row =
      database->Prepare("SELECT room, incarnation, sequence, records, reply FROM log WHERE id = ?");
  if (!read_row.ok()) return read_row.status();
  absl::StatusOr<Statement> read_state =
      database->Prepare("SELECT incarnation, sequence, state FROM state WHERE room = ?");
  if (!read_state.ok()) return read_state.status();
  return Reader{*std::move(database), *std::move(read_row), *std::move(read_state)};
}

SqliteLogStore::SqliteLogStore(const Clock& clock, Durability durability, sqlite::FileLock lock,
                               LogIndex index, std::uint64_t epoch, Reader reader,
                               std::unique_ptr<LogWriter> writer)
    : clock_(clock),
      lock_(std::move(lock)),
      epoch_(epoch),
      callers_commit_(durability == Durability::kProcess),
      index_(std::move(index)),
      reader_(std::move(reader)),
      writer_(std::move(writer)),
      thread_([this] { Run(); }) {}

SqliteLogStore::~SqliteLogStore() {
  {
    const absl::MutexLock lock(&queue_mutex_);
    closing_ = true;
  }
  thread_.join();
}

void SqliteLogStore::Enqueue(Task task) {
  {
    const absl::MutexLock lock(&queue_mutex_);
    queue_.push_back(std::move(task));
    if (std::exchange(committing_, true)) return;
    if (!callers_commit_) {
      handed_over_ = true;
      return;
    }
  }
  Turn::AtEnd(Turn::Stage::kStore, [this] { CommitAsCaller(kBatchesPerTurn); });
}

void SqliteLogStore::CommitAsCaller(int batches) {
  Work(TakeBatch());
  {
    const absl::MutexLock lock(&queue_mutex_);
    if (queue_.empty()) {
      committing_ = false;
      return;
    }
    // A caller is kept only for what its own turn is waiting for: the next commands of the same rooms.
    if (!Turn::UnderWay() || batches == 1) {
      handed_over_ = true;
      return;
    }
  }
  Turn::AtEnd(Turn::Stage::kStore, [this, batches] { CommitAsCaller(batches - 1); });
}

std::vector<SqliteLogStore::Task> SqliteLogStore::TakeBatch() {
  std::vector<Task> batch;
  // These refer to the tasks that have been taken, which stay where they are.
  std::unordered_set<std::string_view> rooms;
  std::unordered_set<std::string_view> request_ids;
  const auto independent = [&](const Task& task) {
    if (const auto* state = std::get_if<PendingState>(&task)) return !rooms.contains(state->room_id);
    const AppendRequest& request = std::get<PendingAppend>(task).request;
    return !rooms.contains(request.room_id) &&
           std::none_of(request.commands.begin(), request.commands.end(),
                        [&](const auto& command) { return request_ids.contains(command.request_id); });
  };
  const auto note = [&](const Task& task) {
    if (const auto* state = std::get_if<PendingState>(&task)) {
      rooms.insert(state->room_id);
      return;
    }
    const AppendRequest& request = std::get<PendingAppend>(task).request;
    rooms.insert(request.room_id);
    for (const AppendRequest::Command& command : request.commands) {
      if (!command.request_id.empty()) request_ids.insert(command.request_id);
    }
  };
  const absl::MutexLock lock(&queue_mutex_);
  if (queue_.empty()) committing_ = handed_over_ = false;
  batch.reserve(std::min(queue_.size(), kMaxBatch));
  while (!queue_.empty() && batch.size() < kMaxBatch && independent(queue_.front())) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
    note(batch.back());
  }
  return batch;
}

void SqliteLogStore::Run() {
  for (;;) {
    {
      const absl::MutexLock lock(&queue_mutex_);
      queue_mutex_.Await(absl::Condition(
          +[](SqliteLogStore* self)
               ABSL_NO_THREAD_SAFETY_ANALYSIS { return self->closing_ || self->handed_over_; },
          this));
      if (!handed_over_) return;
    }
    for (std::vector<Task> batch = TakeBatch(); !batch.empty(); batch = TakeBatch()) Work(std::move(batch));
  }
}

void SqliteLogStore::Work(std::vector<Task> batch) {
  Commit(batch);
  // What the answers lead to, of one commit, leaves together.
  const Turn turn;
  for (Task& task : batch) {
    if (auto* append = std::get_if<PendingAppend>(&task)) append->done(append->status);
  }
}

void SqliteLogStore::Commit(std::vector<Task>& batch) {
  const Time now = clock_.Now();
  std::vector<PendingAppend*> appends;
  std::vector<PendingState*> states;
  std::size_t rows = 0;
  std::vector<RowId> garbage;
  {
    const absl::MutexLock lock(&mutex_);
    index_.Expire(now);
    for (Task& task : batch) {
      if (auto* append = std::get_if<PendingAppend>(&task)) {
        append->status = index_.Check(append->request);
        if (!append->status.ok()) continue;
        appends.push_back(append);
        rows += append->request.commands.size();
      } else if (auto& state = std::get<PendingState>(task); index_.CanSaveState(state.room_id, state.at)) {
        states.push_back(&state);
      }
    }
    if (appends.empty() && states.empty()) return;
    garbage = index_.TakeGarbage(kLeastGarbagePerBatch + 2 * rows);
  }

  writing_since_ = now;
  const absl::Status written = writer_->Write(appends, states, garbage, now);
  if (const Duration took = WritingFor(); took >= kSlow) {
    log::Warning("the disk was slow", {{"milliseconds", took.count()}});
  }
  writing_since_ = Time::max();
  Note(written);
  const absl::MutexLock lock(&mutex_);
  if (!written.ok()) {
    index_.ReturnGarbage(garbage);
    const absl::Status refusal =
        absl::IsResourceExhausted(written) ? written : absl::UnavailableError(written.message());
    for (PendingAppend* append : appends) append->status = refusal;
    return;
  }
  for (const PendingAppend* append : appends) {
    for (const sqlite::LogRow& row : append->rows) index_.Add(row);
  }
  for (const PendingState* state : states) index_.SaveState(state->room_id, state->at);
}

void SqliteLogStore::Note(const absl::Status& written) {
  if (written.ok() == !failing_) return;
  failing_ = !written.ok();
  if (failing_) {
    log::Error("nothing can be stored", {{"cause", written.ToString()}});
  } else {
    log::Info("storing works again");
  }
}

void SqliteLogStore::Append(AppendRequest request, std::function<void(absl::Status)> done) {
  Enqueue(PendingAppend{std::move(request), std::move(done), absl::OkStatus(), {}});
}

Duration SqliteLogStore::WritingFor() const {
  const Time since = writing_since_;
  return since == Time::max() ? Duration::zero() : clock_.Now() - since;
}

void SqliteLogStore::SaveState(const std::string& room_id, Position at, std::string state) {
  Enqueue(PendingState{room_id, at, std::move(state)});
}

absl::StatusOr<StoredRoom> SqliteLogStore::Load(const std::string& room_id) {
  StoredRoom stored;
  std::optional<std::vector<RowId>> rows;
  {
    const absl::MutexLock lock(&mutex_);
    const auto room = index_.FindRoom(room_id);
    if (!room) return absl::NotFoundError("no such room");
    stored.head = room->head;
    stored.state_sequence = room->state_sequence;
    rows = index_.RowsAfter(room_id, room->state_sequence, kNoLimit);
  }
  if (stored.state_sequence > 0) {
    const absl::MutexLock lock(&reader_mutex_);
    absl::Cleanup reset = [&statement = reader_.read_state] { statement.Reset(); };
    reader_.read_state.BindText(1, room_id);
    const absl::StatusOr<bool> found = reader_.read_state.Step();
    if (!found.ok()) return found.status();
    const bool same =
        *found && static_cast<std::uint64_t>(reader_.read_state.Integer(1)) == stored.state_sequence;
    // Somebody has gone on with the room meanwhile.
    if (!same) return absl::UnavailableError("the room has changed while it was loaded");
    stored.state = reader_.read_state.Bytes(2);
  }
  absl::StatusOr<std::vector<Record>> records = ReadRows(*rows, stored.state_sequence, stored.head.sequence);
  if (!records.ok()) return absl::UnavailableError(records.status().message());
  stored.records = *std::move(records);
  return stored;
}

absl::StatusOr<std::vector<Record>> SqliteLogStore::ReadAfter(const std::string& room_id, Position after,
                                                              std::size_t max) {
  std::optional<std::vector<RowId>> rows;
  std::uint64_t last = 0;
  {
    const absl::MutexLock lock(&mutex_);
    const auto room = index_.FindRoom(room_id);
    if (!room) return absl::NotFoundError("no such room");
    if (after.incarnation == room->head.incarnation) rows = index_.RowsAfter(room_id, after.sequence, max);
    last = room->head.sequence;
  }
  if (!rows) return absl::OutOfRangeError("the position can't be served");
  return ReadRows(*rows, after.sequence,
                  after.sequence + std::min<std::uint64_t>(max, last - after.sequence));
}

absl::StatusOr<std::vector<Record>> SqliteLogStore::ReadRows(const std::vector<RowId>& rows,
                                                             std::uint64_t after, std::uint64_t last) {
  std::vector<Record> records;
  const absl::MutexLock lock(&reader_mutex_);
  for (const RowId row : rows) {
    absl::Cleanup reset = [&statement = reader_.read_row] { statement.Reset(); };
    reader_.read_row.Bind(1, row);
    const absl::StatusOr<bool> found = reader_.read_row.Step();
    if (!found.ok()) return found.status();
    if (!*found) return absl::OutOfRangeError("the events have been trimmed meanwhile");
    auto packed = sqlite::UnpackRecords(reader_.read_row.Bytes(3));
    if (!packed) return absl::DataLossError(absl::StrCat("row ", row, " can't be read"));
    std::uint64_t sequence = static_cast<std::uint64_t>(reader_.read_row.Integer(2)) - packed->size();
    for (std::string& bytes : *packed) {
      ++sequence;
      if (sequence > after && sequence <= last) records.push_back({sequence, std::move(bytes)});
    }
  }
  return records;
}

absl::StatusOr<std::optional<StoredReply>> SqliteLogStore::FindReply(const std::string& request_id) {
  std::optional<RowId> row;
  {
    const absl::MutexLock lock(&mutex_);
    row = index_.FindReply(request_id);
  }
  if (!row) return std::nullopt;
  const absl::MutexLock lock(&reader_mutex_);
  absl::Cleanup reset = [&statement = reader_.read_row] { statement.Reset(); };
  reader_.read_row.Bind(1, *row);
  const absl::StatusOr<bool> found = reader_.read_row.Step();
  if (!found.ok()) return found.status();
  if (!*found) return std::nullopt;  // deleted meanwhile, because it is old
  StoredReply reply;
  reply.room_id = reader_.read_row.Bytes(0);
  reply.position = {static_cast<std::uint64_t>(reader_.read_row.Integer(1)),
                    static_cast<std::uint64_t>(reader_.read_row.Integer(2))};
  auto records = sqlite::UnpackRecords(reader_.read_row.Bytes(3));
  if (!records) return absl::DataLossError(absl::StrCat("row ", *row, " can't be read"));
  reply.records = *std::move(records);
  reply.reply = reader_.read_row.Bytes(4);
  return reply;
}

absl::StatusOr<std::vector<std::string>> SqliteLogStore::ListRoomIds() {
  const absl::MutexLock lock(&mutex_);
  return index_.RoomIds();
}

}  // namespace parley::storage
