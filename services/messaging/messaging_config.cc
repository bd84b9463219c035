#include "services/messaging/messaging_config.h"

#include <cstdint>
#include <limits>
#include <string_view>

#include "absl/flags/flag.h"

ABSL_FLAG(int, port, 50052, "Port of the gRPC service; 0 takes a free one.");
ABSL_FLAG(int, metrics_port, 9102, "Port of the Prometheus metrics; 0 takes a free one.");
ABSL_FLAG(std::string, room_service_address, "127.0.0.1:50051",
          "HOST:PORT of room-service, which tells who is in a room.");
ABSL_FLAG(double, message_rate, 10,
          "Messages a second that a participant may send, or edit, for long; 0 turns the limit off.");
ABSL_FLAG(int, message_burst, 20, "Messages that a participant may send at once, ahead of --message-rate.");
ABSL_FLAG(
    std::int64_t, max_room_history_bytes, 64 << 20,
    "Bytes of memory that the messages of one room may take, some 600 and the text for each; what would "
    "exceed them is refused. 0 turns the limit off.");
ABSL_FLAG(std::int64_t, max_history_bytes, 512 << 20,
          "The same for the messages of all rooms together; to be well below what the process may take.");

namespace parley::messaging {
namespace {

std::size_t ReadMaxBytes(std::string_view name, std::int64_t value, config::Problems& problems) {
  problems.RequireRange(name, value, 0, std::numeric_limits<std::int64_t>::max());
  return value == 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(value);
}

constexpr double kMaxRate = 1'000'000;

}  // namespace

MessagingConfig ReadMessagingConfig(config::Problems& problems) {
  MessagingConfig config;
  config.process = config::ReadProcessConfig(problems);
  config.store = storage::ReadStoreConfig(problems);
  config.port = absl::GetFlag(FLAGS_port);
  problems.RequireRange("port", config.port, 0, 65535);
  config.metrics_port = absl::GetFlag(FLAGS_metrics_port);
  problems.RequireRange("metrics_port", config.metrics_port, 0, 65535);
  config.grpc_tls = rpc::ReadTlsConfig(problems, {.serves = true, .calls = true});
  config.grpc_threads = rpc::ReadGrpcThreads(problems);
  config.room_service_address = absl::GetFlag(FLAGS_room_service_address);
  problems.RequireAddress("room_service_address", config.room_service_address);
  config.send_limit.rate = absl::GetFlag(FLAGS_message_rate);
  // Written so that it is false for a NaN, too.
  const bool good_rate = config.send_limit.rate >= 0 && config.send_limit.rate <= kMaxRate;
  if (!good_rate) problems.Add("message_rate", "must be from 0 to 1000000");
  config.send_limit.burst = absl::GetFlag(FLAGS_message_burst);
  problems.RequireRange("message_burst", config.send_limit.burst, 1, 1'000'000);
  config.max_room_history_bytes =
      ReadMaxBytes("max_room_history_bytes", absl::GetFlag(FLAGS_max_room_history_bytes), problems);
  config.max_history_bytes =
      ReadMaxBytes("max_history_bytes", absl::GetFlag(FLAGS_max_history_bytes), problems);
  return config;
}

}  // namespace parley::messaging
