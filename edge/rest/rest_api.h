#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/ids/ids.h"
#include "edge/rest/cors.h"
#include "edge/rest/route_table.h"
#include "edge/rpc/messaging_client.h"
#include "edge/server/exchange.h"

namespace parley::edge {

/// What `/readyz` needs to know.
struct ReadinessReport {
  /// What the services say reaches this process.
  bool room_service = false;
  bool messaging_service = false;
  /// And gets on to the sockets.
  bool workers = false;
  /// The process is on its way down.
  bool stopping = false;
};

/// The JSON REST API and what operators ask: translates requests into calls of messaging-service. Used on all
/// workers.
class RestApi final : public server::HttpHandler {
 public:
  struct Options {
    std::vector<std::string> cors_origins;
    std::size_t max_json_depth = 32;
  };

  /// What is used must outlive the API. `readiness` may be called on any worker's thread.
  RestApi(MessagingClient& messages, IdSource& ids, std::function<ReadinessReport()> readiness,
          Options options);

  void Handle(std::shared_ptr<server::Exchange> exchange) override;
  void PrepareRefusal(const server::Request& header, server::Response& refusal) const override;

  // The routes of route_table.cc.
  boost::asio::awaitable<server::Response> SendMessage(const RoutedRequest& request);
  boost::asio::awaitable<server::Response> EditMessage(const RoutedRequest& request);
  boost::asio::awaitable<server::Response> DeleteMessage(const RoutedRequest& request);
  boost::asio::awaitable<server::Response> Health(const RoutedRequest& request);
  boost::asio::awaitable<server::Response> Readiness(const RoutedRequest& request);
  boost::asio::awaitable<server::Response> Metrics(const RoutedRequest& request);

 private:
  boost::asio::awaitable<void> Serve(std::shared_ptr<server::Exchange> exchange, const Route& route,
                                     std::string parameter);

  // Constant after construction.
  MessagingClient& messages_;
  IdSource& ids_;
  const std::function<ReadinessReport()> readiness_;
  const Options options_;
  const CorsPolicy cors_;
};

}  // namespace parley::edge
