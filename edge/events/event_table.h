#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace parley::edge {

class ClientSession;

/// What an event came to.
struct EventResult {
  absl::Status status;
  /// `data` of the answer, as JSON; empty for none.
  std::string data;
  /// Done right after the answer has been sent.
  std::function<void()> then;

  EventResult() = default;
  // Handlers return any of these.
  EventResult(absl::Status refusal) : status(std::move(refusal)) {}  // NOLINT(google-explicit-constructor)
  EventResult(std::string answer) : data(std::move(answer)) {}       // NOLINT(google-explicit-constructor)
};

/// The arguments of an event: like JavaScript's, those that weren't given are null.
class Arguments {
 public:
  explicit Arguments(nlohmann::json array) : array_(std::move(array)) {}
  const nlohmann::json& operator[](std::size_t index) const;

 private:
  nlohmann::json array_;
};

using EventFunction = boost::asio::awaitable<EventResult> (ClientSession::*)(Arguments);

/// The function behind an event that clients may send; null when there is none.
EventFunction FindEvent(std::string_view name);

}  // namespace parley::edge
