#include "services/room/room_config.h"

#include "absl/flags/flag.h"
#include "absl/time/time.h"

ABSL_FLAG(int, port, 50051, "Port of the gRPC service; 0 takes a free one.");
ABSL_FLAG(int, metrics_port, 9101,
          "Port that serves metrics for Prometheus at /metrics; 0 takes a free one.");
ABSL_FLAG(absl::Duration, join_timeout, absl::Seconds(10),
          "How long a new room waits for somebody to join before it is destroyed.");
ABSL_FLAG(int, max_participants, 500, "How many participants one room takes; 0 is no limit.");

ABSL_FLAG(absl::Duration, reconnect_grace, absl::Seconds(10),
          "How long a participant whose connection broke is waited for before it has left; 0: not at all.");
ABSL_FLAG(absl::Duration, edge_lease, absl::Seconds(15),
          "How long an edge is taken for alive that isn't heard of; afterwards its participants have left.");

namespace parley::room {
namespace {

constexpr int kMaxPort = 65535;
constexpr int kMostParticipants = 1'000'000;

Duration ReadDuration(config::Problems& problems, const char* flag, absl::Duration value, Duration least) {
  if (value < absl::FromChrono(least) || value > absl::Hours(24)) {
    problems.Add(flag, "must be from " + absl::FormatDuration(absl::FromChrono(least)) + " to 24h, not " +
                           absl::FormatDuration(value));
  }
  return absl::ToChronoMilliseconds(value);
}

}  // namespace

RoomConfig ReadRoomConfig(config::Problems& problems) {
  RoomConfig config;
  config.process = config::ReadProcessConfig(problems);

  config.port = absl::GetFlag(FLAGS_port);
  problems.RequireRange("port", config.port, 0, kMaxPort);
  config.metrics_port = absl::GetFlag(FLAGS_metrics_port);
  problems.RequireRange("metrics_port", config.metrics_port, 0, kMaxPort);

  config.grpc_tls = rpc::ReadTlsConfig(problems, {.serves = true});
  config.grpc_threads = rpc::ReadGrpcThreads(problems);
  config.store = storage::ReadStoreConfig(problems);

  config.join_timeout =
      ReadDuration(problems, "join_timeout", absl::GetFlag(FLAGS_join_timeout), std::chrono::milliseconds(1));

  config.reconnect_grace =
      ReadDuration(problems, "reconnect_grace", absl::GetFlag(FLAGS_reconnect_grace), Duration::zero());
  config.edge_lease =
      ReadDuration(problems, "edge_lease", absl::GetFlag(FLAGS_edge_lease), std::chrono::milliseconds(100));

  const int max_participants = absl::GetFlag(FLAGS_max_participants);
  problems.RequireRange("max_participants", max_participants, 0, kMostParticipants);
  config.max_participants = static_cast<std::size_t>(max_participants);
  return config;
}

}  // namespace parley::room
