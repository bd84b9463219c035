#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

namespace prometheus {
class Exposer;
}

namespace parley::metrics {

/// The registry of this process. Metrics are registered where they are counted and live as long as the
/// process.
prometheus::Registry& Registry();

/// Registers (or finds) a metric of the name and labels. The reference stays valid; look it up once, not per
/// event.
prometheus::Counter& Counter(const std::string& name, const std::string& help,
                             const std::map<std::string, std::string>& labels = {});
prometheus::Gauge& Gauge(const std::string& name, const std::string& help,
                         const std::map<std::string, std::string>& labels = {});

/// All metrics in Prometheus' text format.
std::string Render();

/// Serves Render() at /metrics until destroyed.
class MetricsServer {
 public:
  /// Throws std::exception when it can't listen on `address` (HOST:PORT; port 0 takes a free one).
  explicit MetricsServer(const std::string& address);
  ~MetricsServer();

  int port() const;

 private:
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace parley::metrics
