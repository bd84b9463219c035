#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/bench/load/http_client.h"
#include "tests/bench/load/transport.h"

namespace parley::bench {

/// Long-polling: one connection waits for packets, and another one is opened when there are some to be sent.
/// It stays, unless the transport is sparing.
class PollingTransport final : public Transport, private HttpClient::Listener {
 public:
  PollingTransport(EventLoop& loop, const Endpoint& endpoint, const Options& options,
                   Transport::Listener& listener);

  void Send(std::string_view packet) override;

 private:
  void OnResponse(HttpClient& client, int status, std::string_view body) override;
  void OnHttpClosed(const std::string& reason) override;
  void OnPayload(std::string_view payload);
  void Poll();
  void Post();

  EventLoop& loop_;
  const Endpoint endpoint_;
  const int version_;
  const bool sparing_;
  Transport::Listener& listener_;
  std::string path_;
  std::string unsent_;
  bool posting_ = false;
  HttpClient receiver_;
  std::unique_ptr<HttpClient> sender_;
};

}  // namespace parley::bench
