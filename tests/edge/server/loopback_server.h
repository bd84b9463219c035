#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "edge/server/exchange.h"
#include "edge/server/http_server.h"
#include "edge/server/worker.h"

namespace parley::server {

/// Waits for what a worker is to tell, for a time that no passing test comes near.
template <class T>
T Await(std::future<T> future) {
  if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
    throw std::runtime_error("what was waited for did not happen");
  }
  return future.get();
}

/// A handler made of functions; they are set before the first request.
class FunctionHandler : public HttpHandler {
 public:
  std::optional<std::size_t> WorkerFor(const Request& request) const override {
    return worker_for ? worker_for(request) : std::nullopt;
  }
  std::optional<std::size_t> MaxBodyBytes(const Request& header) const override {
    return max_body_bytes ? max_body_bytes(header) : std::nullopt;
  }
  bool ServesBeyondLimits(const Request& header) const override {
    return serves_beyond_limits && serves_beyond_limits(header);
  }
  void PrepareRefusal(const Request& header, Response& refusal) const override {
    if (prepare_refusal) prepare_refusal(header, refusal);
  }
  void Handle(std::shared_ptr<Exchange> exchange) override { handle(std::move(exchange)); }

  std::function<std::optional<std::size_t>(const Request&)> worker_for;
  std::function<std::optional<std::size_t>(const Request&)> max_body_bytes;
  std::function<bool(const Request&)> serves_beyond_limits;
  std::function<void(const Request&, Response&)> prepare_refusal;
  std::function<void(std::shared_ptr<Exchange>)> handle;
};

inline Response TextResponse(std::string body) {
  Response response{http::status::ok, 11};
  response.set(http::field::content_type, "text/plain");
  response.body() = std::move(body);
  return response;
}

/// A server on a free port of 127.0.0.1. By default it answers each request with its method, path and body.
class LoopbackServer {
 public:
  explicit LoopbackServer(std::size_t workers = 2, Limits limits = {}, limits::Admission* admission = nullptr)
      : pool(workers), server(pool, limits, handler, admission) {
    handler.handle = [](std::shared_ptr<Exchange> exchange) {
      const Request& request = exchange->request();
      exchange->Respond(TextResponse(std::string(request.method_string()) + " " +
                                     std::string(exchange->path()) + " " + request.body()));
    };
    pool.Start();
    port = server.Listen("127.0.0.1", 0);
  }

  ~LoopbackServer() {
    server.Close();
    pool.Stop();
  }

  FunctionHandler handler;
  WorkerPool pool;
  HttpServer server;
  std::uint16_t port;
};

}  // namespace parley::server
