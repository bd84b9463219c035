#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "common/grpc/unary.h"

namespace parley::edge {

template <typename Response>
using Reply = boost::asio::awaitable<absl::StatusOr<Response>>;

/// Calls a unary rpc from a coroutine, which goes on where it was: on its own worker's thread.
template <typename Async, typename AsyncBase, typename Request, typename Response>
Reply<Response> Call(Async& async,
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

}  // namespace parley::edge
