#pragma once

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/status/error.h"
#include "edge/rpc/call_client.h"

namespace parley::edge {

template <typename Response>
using Reply = boost::asio::awaitable<absl::StatusOr<Response>>;

/// Calls an rpc once from a coroutine, which goes on where it was: on its own worker's thread. `room_id` as
/// CallClient::Call takes it.
template <typename Response, typename Client>
Reply<Response> CallOnce(Client& client, const char* rpc, std::string request,
                         std::chrono::milliseconds timeout, std::string room_id = {}) {
  namespace net = boost::asio;
  const auto executor = co_await net::this_coro::executor;
  auto initiate = [&client, rpc, executor, timeout](auto handler, std::string sent, std::string about) {
    client.Call(rpc, std::move(sent), std::move(about), timeout, executor, std::move(handler));
  };
  const absl::StatusOr<std::string> answer =
      co_await net::async_initiate<const net::use_awaitable_t<>, void(absl::StatusOr<std::string>)>(
          std::move(initiate), net::use_awaitable, std::move(request), std::move(room_id));
  if (!answer.ok()) co_return answer.status();
  Response response;
  if (!response.ParseFromString(*answer)) co_return MakeError(kInternal);
  co_return response;
}

/// As CallOnce, but while the service is away the same request is repeated as long as `timeout` allows, so
/// that the restart of a service is no more than a pause. So what must not take effect twice has to have a
/// request id. That nothing can be stored is told at once: a disk stays full for longer.
template <typename Response, typename Client, typename Request>
Reply<Response> Call(Client& client, const char* rpc, Request request, std::chrono::milliseconds timeout,
                     std::string room_id = {}) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kFirstPause{50};
  constexpr std::chrono::milliseconds kLongestPause{400};
  const Clock::time_point deadline = Clock::now() + timeout;
  std::chrono::milliseconds pause = kFirstPause;
  absl::StatusOr<Response> response =
      co_await CallOnce<Response>(client, rpc, request.SerializeAsString(), timeout, room_id);
  const auto is_away = [](const absl::Status& status) {
    return Is(status, kServiceUnavailable) || Is(status, kShuttingDown);
  };
  while (is_away(response.status()) && Clock::now() + pause < deadline) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, pause);
    co_await timer.async_wait(boost::asio::use_awaitable);
    pause = std::min(2 * pause, kLongestPause);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    response = co_await CallOnce<Response>(client, rpc, request.SerializeAsString(),
                                           std::max(left, std::chrono::milliseconds(1)), room_id);
  }
  co_return response;
}

}  // namespace parley::edge
