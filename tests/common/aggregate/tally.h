#pragma once

#include <google/protobuf/wrappers.pb.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/aggregate/aggregate_host.h"
#include "common/storage/memory_log_store.h"
#include "tests/common/storage/store_double.h"

namespace parley {

/// The least domain there can be: amounts are added up, and an amount of kEnd ends it.
struct TallyCodec {
  static constexpr int kEnd = -1;
  static constexpr char kDamaged[] = "damaged";

  struct State {
    int total = 0;
    std::vector<int> amounts;
  };
  using Event = int;
  using Reply = int;
  using Record = google::protobuf::StringValue;

  static void FillRecord(const Event& amount, Position position, Record& record) {
    record.set_value(absl::StrCat(position.incarnation, "/", position.sequence, "=", amount));
  }
  static absl::StatusOr<Event> FromRecord(const Record& record) {
    int amount = 0;
    if (!absl::SimpleAtoi(record.value().substr(record.value().find('=') + 1), &amount)) {
      return absl::DataLossError("not an amount");
    }
    return amount;
  }
  static void Apply(State& state, const Event& amount) {
    state.total += amount;
    state.amounts.push_back(amount);
  }
  static bool IsLast(const Event& amount) { return amount == kEnd; }

  static std::string EncodeState(const State& state) {
    std::string bytes;
    for (const int amount : state.amounts) absl::StrAppend(&bytes, amount, ",");
    return bytes;
  }
  static absl::StatusOr<State> DecodeState(const std::string& bytes) {
    if (bytes == kDamaged) return absl::DataLossError("not a state");
    State state;
    std::size_t at = 0;
    while (at < bytes.size()) {
      const std::size_t comma = bytes.find(',', at);
      int amount = 0;
      if (!absl::SimpleAtoi(bytes.substr(at, comma - at), &amount))
        return absl::DataLossError("not an amount");
      Apply(state, amount);
      at = comma + 1;
    }
    return state;
  }
  static std::string EncodeReply(const Reply& reply) { return std::to_string(reply); }
  static absl::StatusOr<Reply> DecodeReply(const std::string& bytes, const std::vector<Event>&) {
    int reply = 0;
    if (!absl::SimpleAtoi(bytes, &reply)) return absl::DataLossError("not a reply");
    return reply;
  }
  static std::size_t SizeOf(const State&) { return 1; }
  static std::size_t BytesOf(const State&) { return 1; }
};

using storage::StoreDouble;
using TallyHost = AggregateHost<TallyCodec>;

/// What came of a command, without what is valid during the callback only.
struct TallyOutcome {
  int reply = 0;
  /// -1 when there was no state.
  int total = -1;
  Position position;
};

/// Adds each amount and answers with the new total.
inline TallyHost::Decide Add(std::vector<int> amounts) {
  return
      [amounts = std::move(amounts)](const TallyCodec::State& state) -> absl::StatusOr<TallyHost::Decision> {
        int total = state.total;
        for (const int amount : amounts) total += amount;
        return TallyHost::Decision{amounts, total};
      };
}

inline TallyHost::Decide Refuse(absl::Status status) {
  return [status = std::move(status)](const TallyCodec::State&) -> absl::StatusOr<TallyHost::Decision> {
    return status;
  };
}

/// The answer of one command, when it comes.
class Answer {
 public:
  TallyHost::Done Done() {
    return [promise = promise_](const absl::StatusOr<TallyHost::Outcome>& outcome) {
      if (!outcome.ok()) return promise->set_value(outcome.status());
      promise->set_value(
          TallyOutcome{outcome->reply, outcome->state ? outcome->state->total : -1, outcome->position});
    };
  }
  bool arrived() const { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  absl::StatusOr<TallyOutcome> Get() { return future_.get(); }

 private:
  std::shared_ptr<std::promise<absl::StatusOr<TallyOutcome>>> promise_ =
      std::make_shared<std::promise<absl::StatusOr<TallyOutcome>>>();
  std::shared_future<absl::StatusOr<TallyOutcome>> future_ = promise_->get_future().share();
};

inline absl::StatusOr<TallyOutcome> Execute(TallyHost& host, const std::string& room_id,
                                            TallyHost::Decide decide, const std::string& request_id = "") {
  Answer answer;
  host.Execute(room_id, request_id, std::move(decide), answer.Done());
  return answer.Get();
}

inline absl::StatusOr<TallyOutcome> Create(TallyHost& host, const std::string& room_id,
                                           std::uint64_t incarnation, TallyHost::Decide decide,
                                           const std::string& request_id = "") {
  Answer answer;
  host.Create(room_id, incarnation, request_id, std::move(decide), answer.Done());
  return answer.Get();
}

/// Writes down what it is told: "snapshot 7/2 total 3", "7/3=1", "destroyed", "not found", "unavailable".
class Witness final : public TallyHost::Subscriber {
 public:
  void OnSnapshot(const std::string&, const TallyCodec::State& state, Position position) override {
    Note(absl::StrCat("snapshot ", position.incarnation, "/", position.sequence, " total ", state.total));
  }
  void OnRecord(const std::string&,
                const std::shared_ptr<const google::protobuf::StringValue>& record) override {
    Note(record->value());
  }
  void OnEnded(const std::string&, EndReason reason) override {
    Note(reason == EndReason::kDestroyed  ? "destroyed"
         : reason == EndReason::kNotFound ? "not found"
                                          : "unavailable");
  }

  /// What was told since the last call.
  std::vector<std::string> Take() {
    const absl::MutexLock lock(&mutex_);
    return std::exchange(notes_, {});
  }

 private:
  void Note(std::string note) {
    const absl::MutexLock lock(&mutex_);
    notes_.push_back(std::move(note));
  }

  absl::Mutex mutex_;
  std::vector<std::string> notes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley
