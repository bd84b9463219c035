#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/load/event_loop.h"

namespace parley::bench {

/// Named numbers, and lists of numbers, printed as one JSON object.
class Results {
 public:
  void Add(std::string_view name, double value);
  void Add(std::string_view name, const std::vector<double>& values);
  /// Adds NAME_p50_us, NAME_p99_us and NAME_p999_us. Sorts the samples; does nothing when there are none.
  void AddLatencies(const std::string& name, std::vector<Nanoseconds>& samples);

  std::string ToJson() const { return "{" + members_ + "}"; }

 private:
  void AddMember(std::string_view name, std::string_view json);

  std::string members_;
};

}  // namespace parley::bench
