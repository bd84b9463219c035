#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <string>

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

/// A gauge of what changes too often to be told each time: it is asked for when metrics are rendered.
class SampledGauge {
 public:
  /// `value` is called on the thread that renders, which may be any, until this is destroyed.
  SampledGauge(const std::string& name, const std::string& help, std::function<double()> value);
  ~SampledGauge();
  SampledGauge(const SampledGauge&) = delete;
  SampledGauge& operator=(const SampledGauge&) = delete;

 private:
  friend std::string Render();

  prometheus::Gauge& gauge_;
  const std::function<double()> value_;
};

/// All metrics in Prometheus' text format.
std::string Render();

}  // namespace parley::metrics
