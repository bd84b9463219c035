#include "tests/bench/load/results.h"

#include <algorithm>
#include <cstdio>

namespace parley::bench {

void Results::AddLatencies(const std::string& name, std::vector<Nanoseconds>& samples) {
  if (samples.empty()) return;
  std::sort(samples.begin(), samples.end());
  const auto quantile = [&samples](double part) {
    return samples[std::min<std::size_t>(samples.size() * part, samples.size() - 1)] / 1e3;
  };
  Add(name + "_p50_us", quantile(0.5));
  Add(name + "_p99_us", quantile(0.99));
  Add(name + "_p999_us", quantile(0.999));
}

std::string Results::ToJson() const {
  std::string json = "{";
  for (const auto& [name, value] : values_) {
    char number[32];
    std::snprintf(number, sizeof number, "%.6g", value);
    json.append(json.size() > 1 ? ", \"" : "\"").append(name).append("\": ").append(number);
  }
  return json + "}";
}

}  // namespace parley::bench
