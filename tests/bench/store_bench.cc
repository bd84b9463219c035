// Appends to a store, as the services do for each command, and prints how fast that is; see kUsage.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/clock/clock.h"
#include "common/storage/sqlite/sqlite_log_store.h"

namespace parley::storage {
namespace {

constexpr char kUsage[] =
    "Usage: store_bench DIRECTORY SECONDS\n"
    "Appends to a file in DIRECTORY for SECONDS, with one client and with 64, of which each waits for its "
    "commit\n"
    "before it appends again, to one room and to one of its own, for both durabilities. Prints a JSON "
    "array.\n";

/// About what a message takes.
constexpr std::size_t kRecordSize = 220;

using Steady = std::chrono::steady_clock;

struct Case {
  SqliteLogStore::Durability durability;
  int clients;
  /// Each client has a room of its own. Otherwise all of them append to the same one.
  bool own_rooms;
};

double CpuMicroseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

/// A room and where it is.
struct Room {
  std::string id;
  absl::Mutex mutex;
  Position head ABSL_GUARDED_BY(mutex) = {1, 0};
};

/// Appends behind whatever others have appended to the room, committed or not.
absl::Status AppendAndWait(LogStore& store, Room& room) {
  absl::Status status;
  absl::Notification committed;
  {
    const absl::MutexLock lock(&room.mutex);
    AppendRequest request;
    request.room_id = room.id;
    request.head = room.head;
    request.commands.push_back({{std::string(kRecordSize, 'x')}, "", ""});
    ++room.head.sequence;
    store.Append(std::move(request), [&](absl::Status answer) {
      status = std::move(answer);
      committed.Notify();
    });
  }
  committed.WaitForNotification();
  return status;
}

struct Measured {
  absl::Status status;
  std::vector<double> microseconds;
};

void AppendUntil(LogStore& store, Room& room, Steady::time_point end, Measured& measured) {
  while (Steady::now() < end && measured.status.ok()) {
    const Steady::time_point began = Steady::now();
    measured.status = AppendAndWait(store, room);
    measured.microseconds.push_back(std::chrono::duration<double, std::micro>(Steady::now() - began).count());
  }
}

absl::Status Run(const std::string& directory, const Case& tested, double seconds, bool first) {
  const std::string path = directory + "/store_bench.db";
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  SystemClock clock;
  SqliteLogStore::Options options;
  options.path = path;
  options.durability = tested.durability;
  auto store = SqliteLogStore::Open(options, clock);
  if (!store.ok()) return store.status();

  std::vector<std::unique_ptr<Room>> rooms;
  for (int i = 0; i < (tested.own_rooms ? tested.clients : 1); ++i) {
    rooms.push_back(std::make_unique<Room>());
    rooms.back()->id = std::to_string(100'000'000 + i);
  }
  std::vector<Measured> measured(tested.clients);
  std::vector<std::thread> clients;
  const double cpu = CpuMicroseconds();
  const Steady::time_point began = Steady::now();
  const auto end =
      began + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
  for (int i = 0; i < tested.clients; ++i) {
    Room& room = *rooms[i % rooms.size()];
    clients.emplace_back([&, i] { AppendUntil(**store, room, end, measured[i]); });
  }
  for (std::thread& client : clients) client.join();
  const double elapsed = std::chrono::duration<double>(Steady::now() - began).count();
  const double used = CpuMicroseconds() - cpu;

  std::vector<double> all;
  for (const Measured& one : measured) {
    if (!one.status.ok()) return one.status;
    all.insert(all.end(), one.microseconds.begin(), one.microseconds.end());
  }
  std::sort(all.begin(), all.end());
  const auto quantile = [&all](double part) {
    return all[std::min<std::size_t>(all.size() * part, all.size() - 1)];
  };
  std::printf(
      "%s{\"durability\": \"%s\", \"clients\": %d, \"rooms\": %zu, \"commits_per_second\": %.6g, "
      "\"cpu_us_per_append\": %.4g, \"p50_us\": %.5g, \"p99_us\": %.5g, \"p999_us\": %.5g}",
      first ? "[" : ",\n ", tested.durability == SqliteLogStore::Durability::kPower ? "power" : "process",
      tested.clients, rooms.size(), all.size() / elapsed, used / all.size(), quantile(0.5), quantile(0.99),
      quantile(0.999));
  return absl::OkStatus();
}

}  // namespace
}  // namespace parley::storage

int main(int argc, char** argv) {
  using Durability = parley::storage::SqliteLogStore::Durability;
  const double seconds = argc == 3 ? std::atof(argv[2]) : 0;
  if (seconds <= 0) {
    std::fputs(parley::storage::kUsage, stderr);
    return 2;
  }
  bool first = true;
  for (const Durability durability : {Durability::kProcess, Durability::kPower}) {
    for (const int clients : {1, 64}) {
      for (const bool own_rooms : {false, true}) {
        if (clients == 1 && own_rooms) continue;
        const absl::Status status =
            parley::storage::Run(argv[1], {durability, clients, own_rooms}, seconds, first);
        if (!status.ok()) {
          std::fprintf(stderr, "store_bench: %s\n", status.ToString().c_str());
          return 1;
        }
        first = false;
      }
    }
  }
  std::puts("]");
  return 0;
}
