#include "common/metrics/metrics.h"

#include <prometheus/text_serializer.h>

#include <mutex>
#include <set>
#include <utility>

namespace parley::metrics {
namespace {

struct Sampled {
  std::mutex mutex;
  std::set<SampledGauge*> gauges;
};

Sampled& AllSampled() {
  static auto* const sampled = new Sampled;
  return *sampled;
}

}  // namespace

prometheus::Registry& Registry() {
  // Never destroyed: what is counted is counted until the process ends.
  static auto* const registry = new prometheus::Registry;
  return *registry;
}

prometheus::Counter& Counter(const std::string& name, const std::string& help,
                             const std::map<std::string, std::string>& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(Registry()).Add(labels);
}

prometheus::Gauge& Gauge(const std::string& name, const std::string& help,
                         const std::map<std::string, std::string>& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(Registry()).Add(labels);
}

SampledGauge::SampledGauge(const std::string& name, const std::string& help, std::function<double()> value)
    : gauge_(Gauge(name, help)), value_(std::move(value)) {
  Sampled& sampled = AllSampled();
  const std::lock_guard lock(sampled.mutex);
  sampled.gauges.insert(this);
}

SampledGauge::~SampledGauge() {
  Sampled& sampled = AllSampled();
  const std::lock_guard lock(sampled.mutex);
  sampled.gauges.erase(this);
}

std::string Render() {
  {
    Sampled& sampled = AllSampled();
    const std::lock_guard lock(sampled.mutex);
    for (SampledGauge* gauge : sampled.gauges) gauge->gauge_.Set(gauge->value_());
  }
  return prometheus::TextSerializer().Serialize(Registry().Collect());
}

}  // namespace parley::metrics
