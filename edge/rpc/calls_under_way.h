#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"

namespace parley::edge {

/// The calls that a client has made and that have no answer yet: who waits for them and for how long, and
/// which rooms they are going to make news of. Calls nobody and waits for nothing; one thread at a time.
class CallsUnderWay {
 public:
  using Executor = boost::asio::any_io_executor;
  /// Takes the encoded response.
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  /// A call that has come to its end, of which `done` has yet to be told, on `executor`.
  struct Ended {
    Executor executor;
    Done done;
    absl::StatusOr<std::string> result;
  };

  /// Returns the call's number, which no other ever has. `room_id`: the room that there will be news of along
  /// with the answer; empty for none.
  std::uint64_t Add(Executor executor, Done done, Time deadline, std::string room_id);

  /// The call is being sent. Returns its deadline; nullopt when it has ended, and must not be sent.
  std::optional<Time> Send(std::uint64_t number);

  /// Nullopt when it has ended before.
  std::optional<Ended> End(std::uint64_t number, absl::StatusOr<std::string> result);
  /// All that were sent.
  std::vector<Ended> EndSent(const absl::Status& status);
  /// All whose deadlines have come.
  std::vector<Ended> EndExpired(Time now, const absl::Status& status);

  std::size_t size() const { return calls_.size(); }
  /// The earliest; Time::max() when nothing is under way.
  Time NextDeadline() const { return deadlines_.empty() ? Time::max() : deadlines_.begin()->first; }
  /// Whether the call has not ended.
  bool Contains(std::uint64_t number) const { return calls_.contains(number); }

  /// Whether a call, sent or about to be, is going to make news of the room.
  bool AwaitsNewsOf(const std::string& room_id) const { return rooms_awaited_.contains(room_id); }

 private:
  struct Call {
    Executor executor;
    Done done;
    Time deadline;
    std::string room_id;
    bool sent = false;
  };
  using Calls = std::unordered_map<std::uint64_t, Call>;

  Ended End(Calls::iterator call, absl::StatusOr<std::string> result);

  std::uint64_t last_number_ = 0;
  Calls calls_;
  std::set<std::pair<Time, std::uint64_t>> deadlines_;
  /// By how many calls there will be news of a room.
  std::unordered_map<std::string, int> rooms_awaited_;
};

/// Tells of the ends of calls: what came together is handed over to each executor together, in order.
void Tell(std::vector<CallsUnderWay::Ended> ended);

}  // namespace parley::edge
