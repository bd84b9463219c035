#include "common/grpc/watch_server.h"

#include "common/metrics/metrics.h"

namespace parley::rpc {

prometheus::Gauge& OpenWatchStreams() {
  static prometheus::Gauge& gauge = metrics::Gauge("parley_watch_streams", "Watch streams that are open.");
  return gauge;
}

}  // namespace parley::rpc
