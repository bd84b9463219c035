#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "edge/rpc/call.h"

namespace parley::edge {

/// For how long something is asked of a service that is away.
enum class Patience {
  kShort,    // as every call: for the client's timeout
  kEndless,  // for what must come to be known, however late
};

/// Calls `rpc` of `client` with that patience. The request has an id, so that it takes effect once.
template <typename Client, typename Response, typename Request>
Reply<Response> Insist(Client& client, Reply<Response> (Client::*rpc)(Request), Request request,
                       Patience patience) {
  constexpr std::chrono::milliseconds kPause{300};
  for (;;) {
    absl::StatusOr<Response> response = co_await (client.*rpc)(request);
    if (!absl::IsUnavailable(response.status()) || patience == Patience::kShort) co_return response;
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor, kPause);
    co_await pause.async_wait(boost::asio::use_awaitable);
  }
}

}  // namespace parley::edge
