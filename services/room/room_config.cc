#include "services/room/room_config.h"

#include "absl/flags/flag.h"
#include "absl/time/time.h"

ABSL_FLAG(int, port, 50051, "Port of the gRPC service; 0 takes a free one.");
ABSL_FLAG(int, metrics_port, 9101,
          "Port that serves metrics for Prometheus at /metrics; 0 takes a free one.");
ABSL_FLAG(absl::Duration, join_timeout, absl::Seconds(10),
          "How long a new room waits for somebody to join before it is destroyed.");
ABSL_FLAG(int, max_participants, 500, "How many participants one room takes; 0 is no limit.");

namespace parley::room {
namespace {

constexpr int kMaxPort = 65535;
constexpr int kMostParticipants = 1'000'000;

}  // namespace

RoomConfig ReadRoomConfig(config::Problems& problems) {
  RoomConfig config;
  config.process = config::ReadProcessConfig(problems);

  config.port = absl::GetFlag(FLAGS_port);
  problems.RequireRange("port", config.port, 0, kMaxPort);
  config.metrics_port = absl::GetFlag(FLAGS_metrics_port);
  problems.RequireRange("metrics_port", config.metrics_port, 0, kMaxPort);

  config.store = storage::ReadStoreConfig(problems);

  config.join_timeout = absl::ToChronoMilliseconds(absl::GetFlag(FLAGS_join_timeout));
  if (config.join_timeout <= Duration::zero()) problems.Add("join_timeout", "must be more than 0");
  if (config.join_timeout > std::chrono::hours(24)) problems.Add("join_timeout", "must be at most 24h");

  const int max_participants = absl::GetFlag(FLAGS_max_participants);
  problems.RequireRange("max_participants", max_participants, 0, kMostParticipants);
  config.max_participants = static_cast<std::size_t>(max_participants);
  return config;
}

}  // namespace parley::room
