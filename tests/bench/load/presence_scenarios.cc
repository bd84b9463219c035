// Those in which participants come, and are there.
#include <algorithm>
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

/// Messages of one room that are on their way while its history is written.
constexpr std::uint32_t kUnheardInFlight = 32;

/// Gives such a past to all rooms but the first ones.
void WriteHistory(Crowd& crowd, std::uint32_t without, std::uint32_t messages) {
  const std::uint32_t at_once = std::min(messages, kUnheardInFlight);
  std::vector<std::uint32_t> left(crowd.rooms().size(), messages - at_once);
  crowd.on_acknowledged = [&left](Participant& participant) {
    std::uint32_t& of_room = left[participant.room().number];
    if (of_room == 0) return;
    --of_room;
    participant.SendUnheardMessage();
  };
  for (std::size_t number = without; number < crowd.rooms().size(); ++number) {
    Participant& host = *crowd.rooms()[number].participants.front();
    for (std::uint32_t i = 0; i < at_once; ++i) host.SendUnheardMessage();
  }
  crowd.PollUntil("the history to be written", [&crowd] { return crowd.AllAcknowledged(); });
  crowd.on_acknowledged = nullptr;
}

}  // namespace

Results RunJoin(const Options& options) {
  if (options.participants < 2) throw Failure("nobody would join a room that is there");
  EventLoop loop;
  Crowd crowd(loop, options);
  Meter meter(crowd);
  const std::uint32_t warm_up = std::max(options.rooms / 5, 1u);
  if (warm_up == options.rooms) throw Failure("one room is for the warm-up alone");
  crowd.Fill(options.rooms, 1);
  if (options.history > 0) WriteHistory(crowd, warm_up, options.history);
  crowd.Fill(warm_up, options.participants);
  meter.Start();
  crowd.Fill(options.rooms, options.participants);
  meter.Stop();
  const double joins = static_cast<double>(options.rooms - warm_up) * (options.participants - 1);
  Results results;
  meter.ReportCost(results, "cpu_us_per_join", joins);
  results.Add("joins_per_second", joins / meter.seconds());
  meter.Report(results);
  return results;
}

Results RunIdle(const Options& options) {
  const std::uint32_t baseline_rooms = options.baseline / options.participants;
  if (baseline_rooms >= options.rooms)
    throw Failure("all participants would be there for the baseline already");
  EventLoop loop;
  Options sparing = options;
  sparing.transport.sparing = true;
  Crowd crowd(loop, sparing);
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
