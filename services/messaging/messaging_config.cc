#include "services/messaging/messaging_config.h"

#include <cmath>

#include "absl/flags/flag.h"

ABSL_FLAG(int, port, 50052, "Port of the gRPC service; 0 takes a free one.");
ABSL_FLAG(int, metrics_port, 9102, "Port of the Prometheus metrics; 0 takes a free one.");
ABSL_FLAG(std::string, room_service_address, "127.0.0.1:50051",
          "HOST:PORT of room-service, which tells who is in a room.");
ABSL_FLAG(double, message_rate, 10,
          "Messages a second that a participant may send for long; 0 turns the limit off.");
ABSL_FLAG(int, message_burst, 20, "Messages that a participant may send at once, ahead of --message-rate.");

namespace parley::messaging {
namespace {

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
  return config;
}

}  // namespace parley::messaging
