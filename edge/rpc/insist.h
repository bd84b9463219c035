#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <limits>

#include "edge/rpc/call.h"

namespace parley::edge {

/// How often something is asked of a service that is away.
enum class Patience {
  kShort,    // for about as long as a service takes to start anew
  kEndless,  // for what must come to be known, however late
};

/// Calls `rpc` of `client` again and again while the service is away. The request has an id, so that it takes
/// effect once.
template <typename Client, typename Response, typename Request>
Reply<Response> Insist(Client& client, Reply<Response> (Client::*rpc)(Request), Request request,
                       Patience patience) {
  constexpr std::chrono::milliseconds kPause{300};
  const int attempts = patience == Patience::kShort ? 5 : std::numeric_limits<int>::max();
  absl::StatusOr<Response> response = co_await (client.*rpc)(request);
  for (int attempt = 1; absl::IsUnavailable(response.status()) && attempt < attempts; ++attempt) {
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor, kPause);
    co_await pause.async_wait(boost::asio::use_awaitable);
    response = co_await (client.*rpc)(request);
  }
  co_return response;
}

}  // namespace parley::edge
