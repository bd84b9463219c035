#include "edge/rpc/calls_under_way.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>

namespace parley::edge {

std::uint64_t CallsUnderWay::Add(Executor executor, Done done, Time deadline, std::string room_id) {
  const std::uint64_t number = ++last_number_;
  if (!room_id.empty()) ++rooms_awaited_[room_id];
  calls_.emplace(number, Call{std::move(executor), std::move(done), deadline, std::move(room_id)});
  deadlines_.emplace(deadline, number);
  return number;
}

std::optional<Time> CallsUnderWay::Send(std::uint64_t number) {
  const auto call = calls_.find(number);
  if (call == calls_.end()) return std::nullopt;
  call->second.sent = true;
  return call->second.deadline;
}

std::optional<CallsUnderWay::Ended> CallsUnderWay::End(std::uint64_t number,
                                                       absl::StatusOr<std::string> result) {
  const auto call = calls_.find(number);
  if (call == calls_.end()) return std::nullopt;
  return End(call, std::move(result));
}

std::vector<CallsUnderWay::Ended> CallsUnderWay::EndSent(const absl::Status& status) {
  std::vector<Ended> ended;
  for (auto call = calls_.begin(); call != calls_.end();) {
    const auto next = std::next(call);
    if (call->second.sent) ended.push_back(End(call, status));
    call = next;
  }
  return ended;
}

std::vector<CallsUnderWay::Ended> CallsUnderWay::EndExpired(Time now, const absl::Status& status) {
  std::vector<Ended> ended;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    ended.push_back(End(calls_.find(deadlines_.begin()->second), status));
  }
  return ended;
}

CallsUnderWay::Ended CallsUnderWay::End(Calls::iterator call, absl::StatusOr<std::string> result) {
  Ended ended{std::move(call->second.executor), std::move(call->second.done), std::move(result)};
  deadlines_.erase({call->second.deadline, call->first});
  const auto awaited = rooms_awaited_.find(call->second.room_id);
  if (awaited != rooms_awaited_.end() && --awaited->second == 0) rooms_awaited_.erase(awaited);
  calls_.erase(call);
  return ended;
}

void Tell(std::vector<CallsUnderWay::Ended> ended) {
  using Ended = CallsUnderWay::Ended;
  while (!ended.empty()) {
    const CallsUnderWay::Executor executor = ended.front().executor;
    const auto others = std::stable_partition(
        ended.begin(), ended.end(), [&executor](const Ended& one) { return one.executor == executor; });
    std::vector<Ended> own(std::make_move_iterator(ended.begin()), std::make_move_iterator(others));
    ended.erase(ended.begin(), others);
    boost::asio::post(executor, [own = std::move(own)]() mutable {
      for (Ended& one : own) one.done(std::move(one.result));
    });
  }
}

}  // namespace parley::edge
