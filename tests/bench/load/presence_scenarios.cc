// Those in which participants come, and are there.
#include <numeric>

#include "tests/bench/load/failure.h"
#include "tests/bench/load/meter.h"
#include "tests/bench/load/scenarios.h"

namespace parley::bench {
namespace {

/// How long memory may take to settle.
constexpr Nanoseconds kSettling = 20 * kSecond;

std::vector<double> Resident(const Options& options) {
  std::vector<double> bytes;
  for (const ServerProcess& process : options.processes) bytes.push_back(ResidentBytes(process));
  return bytes;
}

/// Resident memory of each process, when it doesn't change any more.
std::vector<double> SettledResident(Crowd& crowd) {
  const Nanoseconds deadline = Now() + kSettling;
  const auto still = static_cast<Nanoseconds>(crowd.options().still_seconds * kSecond);
  std::vector<double> bytes = Resident(crowd.options());
  for (Nanoseconds since = Now(); Now() - since < still && Now() < deadline;) {
    crowd.Poll(Now() + kSecond / 10);
    std::vector<double> now = Resident(crowd.options());
    if (now == bytes) continue;
    bytes = std::move(now);
    since = Now();
  }
  return bytes;
}

/// So that everybody comes into a room that has such a past.
void WriteHistory(Crowd& crowd, std::uint32_t messages) {
  std::vector<std::uint32_t> left(crowd.rooms().size(), messages);
  crowd.on_acknowledged = [&left](Participant& participant) {
    if (left[participant.room().number]-- > 1) participant.SendUnheardMessage();
  };
  for (Room& room : crowd.rooms()) room.participants.front()->SendUnheardMessage();
  crowd.PollUntil("the history to be written", [&crowd] { return crowd.AllAcknowledged(); });
  crowd.on_acknowledged = nullptr;
}

}  // namespace

Results RunJoin(const Options& options) {
  if (options.participants < 2) throw Failure("nobody would join a room that is there");
  EventLoop loop;
  Crowd crowd(loop, options);
  Meter meter(crowd);
  const std::uint32_t warm_up = options.rooms / 5;
  crowd.Fill(options.rooms, 1);
  if (options.history > 0) WriteHistory(crowd, options.history);
  crowd.Fill(warm_up, options.participants);
  meter.Start();
  crowd.Fill(options.rooms, options.participants);
  meter.Stop();
  const double joins = static_cast<double>(options.rooms - warm_up) * (options.participants - 1);
  Results results;
  results.Add("cpu_us_per_join", meter.cpu_microseconds() / joins);
  results.Add("joins_per_second", joins / meter.seconds());
  meter.Report(results);
  return results;
}

Results RunIdle(const Options& options) {
  const std::uint32_t baseline_rooms = options.baseline / options.participants;
  if (baseline_rooms >= options.rooms)
    throw Failure("all participants would be there for the baseline already");
  EventLoop loop;
  Crowd crowd(loop, options);
  Meter meter(crowd);
  crowd.Fill(baseline_rooms, options.participants);
  const std::vector<double> before = SettledResident(crowd);
  crowd.Fill(options.rooms, options.participants);
  const std::vector<double> after = SettledResident(crowd);

  const double added = static_cast<double>(options.rooms - baseline_rooms) * options.participants;
  Results results;
  double total = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const double kib = (after[i] - before[i]) / 1024 / added;
    results.Add(options.processes[i].name + "_kib_per_participant", kib);
    total += kib;
  }
  results.Add("kib_per_participant", total);
  results.Add("resident_mib", std::accumulate(after.begin(), after.end(), 0.0) / (1 << 20));
  // What those who do nothing cost all the same.
  meter.Start();
  for (const Nanoseconds end = Now() + static_cast<Nanoseconds>(options.measured_seconds * kSecond);
       Now() < end;) {
    crowd.Poll(end);
  }
  meter.Stop();
  meter.Report(results);
  return results;
}

}  // namespace parley::bench
