#pragma once

#include <string_view>

namespace parley::limits {

/// What a client can run into.
enum class Limit {
  kConnections,
  kConnectionsPerAddress,
  kHandshakeRatePerAddress,
  kPollingSessions,
  kPollingSessionsPerAddress,
  kEventRatePerSocket,
  kQueuedEventBytes,
};

/// How a limit is told to those who are over it.
struct LimitText {
  /// As in HTTP: 429 for what a client can mend, 503 for what it can't.
  unsigned status;
  /// A stable word for programs.
  std::string_view code;
  /// For people.
  std::string_view error;
  /// After how many seconds trying again makes sense.
  std::string_view retry_after;
};

const LimitText& TextOf(Limit limit);

/// Counts something that was refused. Any thread.
void CountRefused(Limit limit);

}  // namespace parley::limits
