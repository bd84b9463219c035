// The one in which meetings begin and end, for as long as it takes to see whether anything is kept of them.
#include <algorithm>
#include <vector>

#include "tests/bench/load/failure.h"
#include "tests/bench/load/meter.h"
#include "tests/bench/load/scenarios.h"

namespace parley::bench {
namespace {

constexpr double kMib = 1 << 20;

/// How many messages are sent in a room. The first meetings are shorter, each by another length: afterwards
/// the rooms are as far on as one finds them at any moment, so that together they hold equally many messages
/// all the time.
std::uint32_t MeetingLength(const Room& room, const Options& options) {
  if (room.number >= options.rooms) return options.meeting;
  return std::max<std::uint32_t>(std::uint64_t{options.meeting} * (room.number + 1) / options.rooms, 1);
}

/// What each process holds, and how many messages had been sent when that was read.
class Samples {
 public:
  explicit Samples(const Options& options)
      : options_(options), memory_(options.processes.size()), files_(options.processes.size()) {}

  void Take(std::uint64_t messages) {
    messages_.push_back(messages);
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      memory_[i].push_back(ResidentBytes(options_.processes[i]) / kMib);
      files_[i].push_back(OpenFileBytes(options_.processes[i]) / kMib);
    }
  }

  void Report(Results& results) const {
    results.Add("messages", messages_);
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      results.Add(options_.processes[i].name + "_mib", memory_[i]);
      results.Add(options_.processes[i].name + "_file_mib", files_[i]);
    }
  }

 private:
  const Options& options_;
  std::vector<double> messages_;
  std::vector<std::vector<double>> memory_;
  std::vector<std::vector<double>> files_;
};

}  // namespace

// What is live must be constant, or growth would tell nothing. Deleting every message would do, but nobody
// who talks for an hour deletes what he says: meetings end. So participants stay connected and meet in one
// room after another, and it is rooms, members and histories that have to go without a trace.
Results RunEndurance(const Options& options) {
  if (options.participants < 2) throw Failure("nobody would be sent anything");
  if (options.meeting == 0 || options.samples == 0) throw Failure("--meeting and --samples are from 1 on");
  EventLoop loop;
  Crowd crowd(loop, options);
  Meter meter(crowd);
  crowd.Fill(options.rooms, options.participants);
  bool going = true;
  std::uint64_t meetings = 0;
  const auto begin = [&](Room& room) {
    const std::uint32_t messages = std::min(options.in_flight, MeetingLength(room, options));
    for (std::uint32_t i = 0; i < messages; ++i) crowd.NextSender(room).SendMessage(Now());
  };
  crowd.on_reconvened = [&](Room& room) {
    if (going) begin(room);
  };
  crowd.on_complete = [&](Room& room) {
    if (!going) return;
    if (room.sent < MeetingLength(room, options)) {
      crowd.NextSender(room).SendMessage(Now());
    } else if (room.completed == room.sent) {
      ++meetings;
      crowd.Reconvene(room);
    }
  };
  Samples samples(options);
  meter.Start();
  for (Room& room : crowd.rooms()) begin(room);
  for (std::uint32_t sample = 1; sample <= options.samples; ++sample) {
    const std::uint64_t due = options.messages * sample / options.samples;
    crowd.PollUntil("messages", [&] { return crowd.sent() >= due; });
    samples.Take(crowd.sent());
  }
  meter.Stop();
  going = false;
  crowd.Finish();
  Results results;
  meter.ReportCost(results, "cpu_us_per_delivery", meter.deliveries());
  results.Add("meetings", meetings);
  samples.Report(results);
  meter.Report(results);
  return results;
}

}  // namespace parley::bench
