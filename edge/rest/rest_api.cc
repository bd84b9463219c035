#include "edge/rest/rest_api.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <string_view>
#include <utility>

#include "common/ids/text.h"
#include "edge/rest/answers.h"
#include "edge/translate/refusal.h"

namespace parley::edge {

namespace net = boost::asio;
namespace http = server::http;

namespace {

/// What metrics call a request that no route answers.
constexpr std::string_view kNoRoute = "none";

}  // namespace

RestApi::RestApi(MessagingClient& messages, IdSource& ids, std::function<ReadinessReport()> readiness,
                 Options options)
    : messages_(messages),
      ids_(ids),
      readiness_(std::move(readiness)),
      options_(std::move(options)),
      cors_(options_.cors_origins) {}

void RestApi::PrepareRefusal(const server::Request& header, server::Response& refusal) const {
  cors_.Apply(header, refusal);
  const bool unread = header.begin() == header.end();
  if (unread) cors_.ApplyToUnread(refusal);
}

void RestApi::Handle(std::shared_ptr<server::Exchange> exchange) {
  const server::Request& request = exchange->request();
  RouteMatch match = FindRoutes(exchange->path());
  // Nothing is called by what is no text.
  if (!CountCharacters(match.parameter)) match.routes.clear();
  for (const Route* route : match.routes) {
    const bool head = request.method() == http::verb::head && route->method == http::verb::get;
    if (route->method != request.method() && !head) continue;
    auto& worker = exchange->worker();
    net::co_spawn(worker.executor(), Serve(std::move(exchange), *route, std::move(match.parameter)),
                  [](const std::exception_ptr& failure) {
                    if (failure) std::rethrow_exception(failure);
                  });
    return;
  }

  if (match.routes.empty()) {
    server::Response response =
        server::MakeRefusal(http::status::not_found, "There is nothing at this path", "NOT_FOUND");
    cors_.Apply(request, response);
    CountRequest(kNoRoute, response.result_int());
    return exchange->Respond(std::move(response));
  }
  std::string methods;
  for (const Route* route : match.routes) {
    if (!methods.empty()) methods += ", ";
    methods += http::to_string(route->method);
    if (route->method == http::verb::get) methods += ", HEAD";
  }
  if (request.method() == http::verb::options) {
    server::Response preflight = cors_.Preflight(request, methods);
    CountRequest(kNoRoute, preflight.result_int());
    return exchange->Respond(std::move(preflight));
  }
  server::Response response = server::MakeRefusal(
      http::status::method_not_allowed, "This path doesn't allow this method", "METHOD_NOT_ALLOWED");
  response.set(http::field::allow, methods + ", OPTIONS");
  cors_.Apply(request, response);
  CountRequest(kNoRoute, response.result_int());
  exchange->Respond(std::move(response));
}

net::awaitable<void> RestApi::Serve(std::shared_ptr<server::Exchange> exchange, const Route& route,
                                    std::string parameter) {
  const RoutedRequest routed{exchange->request(), std::move(parameter)};
  server::Response response = co_await (this->*route.function)(routed);
  cors_.Apply(exchange->request(), response);
  CountRequest(route.pattern, response.result_int());
  exchange->Respond(std::move(response));
}

}  // namespace parley::edge
