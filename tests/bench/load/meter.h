#pragma once

#include <cstdint>
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

  /// All of the server's processes together.
  double cpu_microseconds() const;
  double seconds() const { return seconds_; }
  std::uint64_t deliveries() const { return deliveries_; }
  std::uint64_t acknowledgements() const { return acknowledgements_; }

  /// Adds what doesn't depend on the scenario: seconds, CPU time of each process and of this one, resident
  /// memory, latencies of what was delivered and acknowledged between Start and Stop.
  void Report(Results& results);

 private:
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
