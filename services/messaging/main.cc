// messaging-service: owns what is said in rooms. Composition only.
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/clock/clock.h"
#include "common/clock/timer_queue.h"
#include "common/config/process_config.h"
#include "common/grpc/channel.h"
#include "common/grpc/grpc_server.h"
#include "common/grpc/tls_config.h"
#include "common/ids/ids.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/metrics/metrics_server.h"
#include "common/process/deadlock_detection.h"
#include "common/process/skip_teardown.h"
#include "common/process/stop_signal.h"
#include "common/storage/open_store.h"
#include "services/messaging/application/messaging_application.h"
#include "services/messaging/messaging_config.h"
#include "services/messaging/rpc/messaging_rpc_service.h"
#include "services/messaging/rpc/room_service_source.h"

namespace parley::messaging {
namespace {

constexpr char kName[] = "messaging-service";

MessagingApplication::Settings SettingsOf(const MessagingConfig& config) {
  prometheus::Gauge& rooms = metrics::Gauge("parley_rooms", "Rooms that are known.");
  prometheus::Gauge& messages = metrics::Gauge("parley_messages", "Messages that are kept.");
  prometheus::Gauge& bytes =
      metrics::Gauge("parley_message_bytes", "What the messages take in memory, about.");
  MessagingApplication::Settings settings;
  settings.send_limit = config.send_limit;
  settings.max_room_history_bytes = config.max_room_history_bytes;
  settings.max_history_bytes = config.max_history_bytes;
  settings.on_totals = [&rooms, &messages, &bytes](const MessagingApplication::Totals& totals) {
    rooms.Set(static_cast<double>(totals.rooms));
    messages.Set(static_cast<double>(totals.messages));
    bytes.Set(static_cast<double>(totals.bytes));
  };
  return settings;
}

/// Says why the service can't be had.
void LogFailure(const MessagingConfig& config, const std::exception& error) {
  log::Error("can't serve", {{"cause", error.what()},
                             {"grpc", config::Address(config.process.host, config.port)},
                             {"metrics", config::Address(config.process.host, config.metrics_port)}});
}

/// Serves until a signal to stop; returns the exit code. Throws when it can't begin.
int Serve(const MessagingConfig& config, StopSignal& stop) {
  rpc::LimitGrpcThreads(config.grpc_threads);
  const SystemClock clock;
  RandomIdSource ids;
  auto store = storage::OpenStore(config.store, kName, clock);
  if (!store.ok()) throw std::runtime_error(std::string(store.status().message()));
  TimerQueue timers(clock);
  RoomServiceSource rooms(
      rpc::MakeChannel(config.room_service_address, rpc::MakeChannelCredentials(config.grpc_tls)), timers,
      clock);
  MessagingApplication application(
      **store, rooms, [&timers](Time when, std::function<void()> fire) { timers.At(when, std::move(fire)); },
      clock, ids, SettingsOf(config));
  MessagingRpcService service(application);

  rooms.Start(application.room_observer());
  try {
    if (const absl::Status status = application.TakeUp(); !status.ok()) {
      throw std::runtime_error(std::string(status.message()));
    }
    rpc::GrpcServer server(config::Address(config.process.host, config.port), {&service},
                           rpc::MakeServerCredentials(config.grpc_tls));
    // Without room-service nobody can join, or be known to be in a room: a wrong address must not pass for a
    // service that is ready. Later on it may be away for a while; what is known by then is of use meanwhile.
    const std::string name = v1::MessagingService::service_full_name();
    server.ReportServing(name, false);
    rooms.WhenReached([&server, name] { server.ReportServing(name); });
    // Later than gRPC: a probe that asks here is told of both.
    const metrics::MetricsServer metrics(config.process.host, config.metrics_port);
    config::AnnounceListening("grpc", config::Address(config.process.host, server.port()));
    config::AnnounceListening("metrics", config::Address(config.process.host, metrics.port()));

    const int signal = stop.Wait();
    log::Info("stopping", {{"signal", signal}});
    rooms.WhenReached(nullptr);
    server.StopServing();
    service.StopStreams();
    application.Stop();
    server.Shutdown(config.process.shutdown_timeout);
  } catch (const std::exception& error) {
    LogFailure(config, error);
    SkipTeardown(EXIT_FAILURE);
    return EXIT_FAILURE;
  }
  rooms.Stop();
  timers.Stop();
  store->reset();
  log::Info("stopped");
  SkipTeardown(EXIT_SUCCESS);
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  DisableDeadlockDetection();
  StopSignal stop;
  config::Problems problems;
  if (!config::ParseFlags(kName, "Keeps what is said in rooms: messages, edits, deletions and history.", argc,
                          argv, problems)) {
    return 0;
  }
  const MessagingConfig config = ReadMessagingConfig(problems);
  if (!problems.empty()) {
    config::Report(kName, problems);
    return config::kExitUsage;
  }
  config::Apply(kName, config.process);
  try {
    return Serve(config, stop);
  } catch (const std::exception& error) {
    LogFailure(config, error);
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace parley::messaging

int main(int argc, char** argv) { return parley::messaging::Main(argc, argv); }
