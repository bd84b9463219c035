#include "tests/bench/load/results.h"

#include <algorithm>
#include <cstdio>

namespace parley::bench {
namespace {

std::string NumberJson(double value) {
  char number[32];
  std::snprintf(number, sizeof number, "%.6g", value);
  return number;
}

}  // namespace

void Results::Add(std::string_view name, double value) { AddMember(name, NumberJson(value)); }

void Results::Add(std::string_view name, const std::vector<double>& values) {
  std::string json = "[";
  for (const double value : values) json.append(json.size() > 1 ? ", " : "").append(NumberJson(value));
  AddMember(name, json + "]");
}

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

void Results::AddMember(std::string_view name, std::string_view json) {
  members_.append(members_.empty() ? "\"" : ", \"").append(name).append("\": ").append(json);
}

}  // namespace parley::bench
