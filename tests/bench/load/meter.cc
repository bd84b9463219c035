#include "tests/bench/load/meter.h"

#include <numeric>
#include <utility>

namespace parley::bench {

void Meter::Start() {
  cpu_.clear();
  for (const ServerProcess& process : crowd_.options().processes) cpu_.push_back(CpuMicroseconds(process));
  own_cpu_ = OwnCpuMicroseconds();
  deliveries_ = crowd_.delivered();
  acknowledgements_ = crowd_.acknowledged();
  crowd_.latencies().clear();
  crowd_.acknowledgement_latencies().clear();
  started_ = Now();
}

void Meter::Stop() {
  seconds_ = static_cast<double>(Now() - started_) / kSecond;
  for (std::size_t i = 0; i < cpu_.size(); ++i) {
    cpu_[i] = CpuMicroseconds(crowd_.options().processes[i]) - cpu_[i];
  }
  own_cpu_ = OwnCpuMicroseconds() - own_cpu_;
  deliveries_ = crowd_.delivered() - deliveries_;
  acknowledgements_ = crowd_.acknowledged() - acknowledgements_;
  latencies_ = std::exchange(crowd_.latencies(), {});
  acknowledgement_latencies_ = std::exchange(crowd_.acknowledgement_latencies(), {});
}

double Meter::cpu_microseconds() const { return std::accumulate(cpu_.begin(), cpu_.end(), 0.0); }

void Meter::ReportCost(Results& results, const std::string& name, double count) const {
  results.Add(name, cpu_microseconds() / count);
  for (std::size_t i = 0; i < cpu_.size(); ++i) {
    results.Add(crowd_.options().processes[i].name + "_" + name, cpu_[i] / count);
  }
}

void Meter::Report(Results& results) {
  results.Add("seconds", seconds_);
  results.Add("deliveries", deliveries_);
  results.Add("deliveries_per_second", deliveries_ / seconds_);
  results.Add("cpu_share", cpu_microseconds() / 1e6 / seconds_);
  results.Add("generator_cpu_share", own_cpu_ / 1e6 / seconds_);
  for (std::size_t i = 0; i < cpu_.size(); ++i) {
    const ServerProcess& process = crowd_.options().processes[i];
    results.Add(process.name + "_cpu_share", cpu_[i] / 1e6 / seconds_);
    results.Add(process.name + "_resident_mib", ResidentBytes(process) / (1 << 20));
  }
  results.AddLatencies("delivery", latencies_);
  results.AddLatencies("acknowledgement", acknowledgement_latencies_);
}

}  // namespace parley::bench
