#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/load/crowd.h"
#include "tests/bench/load/results.h"

namespace parley::bench {

/// Measures the server while a crowd uses it: CPU time from Start to Stop, and what was achieved meanwhile.
class Meter {
 public:
  explicit Meter(Crowd& crowd) : crowd_(crowd) {}

  void Start();
  void Stop();

  double seconds() const { return seconds_; }
  std::uint64_t deliveries() const { return deliveries_; }
  std::uint64_t acknowledgements() const { return acknowledgements_; }

  /// Adds NAME, which is the CPU time of all of the server's processes together for each of `count` things,
  /// in microseconds, and PROCESS_NAME, the part of each in it.
  void ReportCost(Results& results, const std::string& name, double count) const;

  /// Adds what doesn't depend on the scenario: seconds, CPU time of each process and of this one, resident
  /// memory, latencies of what was delivered and acknowledged between Start and Stop.
  void Report(Results& results);

 private:
  /// All of the server's processes together.
  double cpu_microseconds() const;

  Crowd& crowd_;
  std::vector<double> cpu_;
  double own_cpu_ = 0;
  Nanoseconds started_ = 0;
  double seconds_ = 0;
  std::uint64_t deliveries_ = 0;
  std::uint64_t acknowledgements_ = 0;
  std::vector<Nanoseconds> latencies_;
  std::vector<Nanoseconds> acknowledgement_latencies_;
};

}  // namespace parley::bench
