#include "edge/rpc/lease_keeper.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "common/log/log.h"

namespace parley::edge {
namespace {

// Of these some may be lost before the lease is.
constexpr int kRenewalsPerLease = 3;
constexpr std::chrono::milliseconds kLeastPause{10};
constexpr std::chrono::milliseconds kRetryPause{500};

}  // namespace

boost::asio::awaitable<void> KeepLease(RoomClient& rooms, std::string edge_id) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  bool held = true;
  for (;;) {
    room::v1::RenewLeaseRequest request;
    request.set_edge_id(edge_id);
    const auto renewed = co_await rooms.RenewLease(std::move(request));
    if (renewed.ok() != held) {
      held = renewed.ok();
      held ? log::Info("lease renewed again")
           : log::Warning("lease not renewed", {{"cause", renewed.status().ToString()}});
    }
    std::chrono::milliseconds pause = kRetryPause;
    if (renewed.ok()) {
      pause = std::chrono::milliseconds(
          google::protobuf::util::TimeUtil::DurationToMilliseconds(renewed->duration()) / kRenewalsPerLease);
    }
    timer.expires_after(std::max(pause, kLeastPause));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

}  // namespace parley::edge
