#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/bench/load/event_loop.h"

namespace parley::bench {

/// Named numbers, printed as one JSON object.
class Results {
 public:
  void Add(std::string name, double value) { values_.emplace_back(std::move(name), value); }
  /// Adds NAME_p50_us, NAME_p99_us and NAME_p999_us. Sorts the samples; does nothing when there are none.
  void AddLatencies(const std::string& name, std::vector<Nanoseconds>& samples);

  std::string ToJson() const;

 private:
  std::vector<std::pair<std::string, double>> values_;
};

}  // namespace parley::bench
