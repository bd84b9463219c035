#include "tests/bench/load/transport.h"

#include "tests/bench/load/polling_transport.h"
#include "tests/bench/load/websocket_transport.h"

namespace parley::bench {

std::unique_ptr<Transport> Transport::Connect(EventLoop& loop, const Endpoint& endpoint,
                                              const Options& options, Listener& listener) {
  if (options.kind == Kind::kPolling) {
    return std::make_unique<PollingTransport>(loop, endpoint, options, listener);
  }
  return std::make_unique<WebSocketTransport>(loop, endpoint, options.version, listener);
}

}  // namespace parley::bench
