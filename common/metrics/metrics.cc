#include "common/metrics/metrics.h"

#include <prometheus/exposer.h>
#include <prometheus/text_serializer.h>

namespace parley::metrics {
namespace {

// The registry is shared so that an exposer can hold it weakly; it is never destroyed before the process
// ends.
const std::shared_ptr<prometheus::Registry>& SharedRegistry() {
  static const auto* registry =
      new std::shared_ptr<prometheus::Registry>(std::make_shared<prometheus::Registry>());
  return *registry;
}

}  // namespace

prometheus::Registry& Registry() { return *SharedRegistry(); }

prometheus::Counter& Counter(const std::string& name, const std::string& help,
                             const std::map<std::string, std::string>& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(Registry()).Add(labels);
}

prometheus::Gauge& Gauge(const std::string& name, const std::string& help,
                         const std::map<std::string, std::string>& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(Registry()).Add(labels);
}

std::string Render() { return prometheus::TextSerializer().Serialize(Registry().Collect()); }

MetricsServer::MetricsServer(const std::string& address)
    : exposer_(std::make_unique<prometheus::Exposer>(address, 1)) {
  exposer_->RegisterCollectable(SharedRegistry());
}

MetricsServer::~MetricsServer() = default;

int MetricsServer::port() const { return exposer_->GetListeningPorts().front(); }

}  // namespace parley::metrics
