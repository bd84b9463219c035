#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "common/grpc/unary.h"
#include "common/status/error.h"

namespace parley::edge {

template <typename Response>
using Reply = boost::asio::awaitable<absl::StatusOr<Response>>;

/// Calls a unary rpc once from a coroutine, which goes on where it was: on its own worker's thread.
template <typename Async, typename AsyncBase, typename Request, typename Response>
Reply<Response> CallOnce(Async& async,
                         void (AsyncBase::*method)(grpc::ClientContext*, const Request*, Response*,
                                                   std::function<void(grpc::Status)>),
                         Request request, std::chrono::milliseconds timeout) {
  namespace net = boost::asio;
  const auto executor = co_await net::this_coro::executor;
  auto initiate = [&async, method, executor, timeout](auto handler, Request sent) {
    // gRPC wants a function that can be copied, and answers on a thread of its own.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    rpc::CallUnary(async, method, std::move(sent), timeout,
                   [shared, executor](absl::StatusOr<Response> response) {
                     net::post(executor, [shared, response = std::move(response)]() mutable {
                       std::move (*shared)(std::move(response));
                     });
                   });
  };
  absl::StatusOr<Response> response =
      co_await net::async_initiate<const net::use_awaitable_t<>, void(absl::StatusOr<Response>)>(
          std::move(initiate), net::use_awaitable, std::move(request));
  co_return response;
}

/// As CallOnce, but while the service is away the same request is repeated as long as `timeout` allows, so
/// that the restart of a service is no more than a pause. Every request that changes something has a request
/// id and takes effect once. That nothing can be stored is told at once: a disk stays full for longer.
template <typename Async, typename AsyncBase, typename Request, typename Response>
Reply<Response> Call(Async& async,
                     void (AsyncBase::*method)(grpc::ClientContext*, const Request*, Response*,
                                               std::function<void(grpc::Status)>),
                     Request request, std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kFirstPause{50};
  constexpr std::chrono::milliseconds kLongestPause{400};
  const Clock::time_point deadline = Clock::now() + timeout;
  std::chrono::milliseconds pause = kFirstPause;
  absl::StatusOr<Response> response = co_await CallOnce(async, method, request, timeout);
  while (Is(response.status(), kServiceUnavailable) && Clock::now() + pause < deadline) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, pause);
    co_await timer.async_wait(boost::asio::use_awaitable);
    pause = std::min(2 * pause, kLongestPause);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    response = co_await CallOnce(async, method, request, std::max(left, std::chrono::milliseconds(1)));
  }
  co_return response;
}

}  // namespace parley::edge
