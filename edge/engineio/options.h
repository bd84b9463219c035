#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "edge/limits/admission.h"
#include "edge/limits/queue_budget.h"

namespace parley::engineio {

/// The defaults are the reference's.
struct Options {
  /// Every request whose path begins so is Engine.IO's.
  std::string path = "/socket.io/";

  std::chrono::milliseconds ping_interval{25'000};
  /// How long a peer may be silent after a ping is due.
  std::chrono::milliseconds ping_timeout{20'000};
  /// From the WebSocket handshake to the upgrade packet; afterwards only that WebSocket is closed.
  std::chrono::milliseconds upgrade_timeout{10'000};
  /// How long a closed polling session waits for the poll that tells its client so.
  std::chrono::milliseconds close_timeout{30'000};

  /// The largest message from a client, and the `maxPayload` clients are told. Bytes.
  std::size_t max_http_buffer_size = 1'000'000;
  /// What may wait for a client that doesn't take it, on any transport, before its session is closed. Bytes.
  std::size_t max_queued_bytes = 4'194'304;
  /// What may wait for all clients together; nullptr: as much as may. Outlives the sessions.
  limits::QueueBudget* queue_budget = nullptr;

  /// Whether the answers to polls are compressed for clients that take that.
  bool http_compression = true;
  /// Whether WebSocket messages are compressed both ways with clients that offer it.
  bool per_message_deflate = false;
  /// The name of a cookie that the answer to a polling handshake sets to the sid, for load balancers that
  /// keep a client's requests together by it; empty: none. Nothing here reads it.
  std::string cookie;

  /// Origins whose pages may poll: exact origins, which may send credentials, or `*` for any, without
  /// credentials.
  std::vector<std::string> cors_origins = {"*"};

  /// Who may begin a session; nullptr: everybody. Outlives the sessions.
  limits::Admission* admission = nullptr;
};

}  // namespace parley::engineio
