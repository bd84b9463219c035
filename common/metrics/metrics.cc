#include "common/metrics/metrics.h"

#include <prometheus/text_serializer.h>

namespace parley::metrics {

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

std::string Render() { return prometheus::TextSerializer().Serialize(Registry().Collect()); }

}  // namespace parley::metrics
