#include <cstdlib>
#include <exception>
#include <memory>

#include "common/clock/clock.h"
#include "common/clock/timer_queue.h"
#include "common/config/flags.h"
#include "common/config/process_config.h"
#include "common/grpc/grpc_server.h"
#include "common/grpc/tls_config.h"
#include "common/ids/ids.h"
#include "common/log/log.h"
#include "common/metrics/metrics_server.h"
#include "common/process/deadlock_detection.h"
#include "common/process/stop_signal.h"
#include "common/storage/open_store.h"
#include "services/room/application/room_application.h"
#include "services/room/room_config.h"
#include "services/room/rpc/room_rpc.h"

namespace parley::room {
namespace {

constexpr char kProgram[] = "room-service";
constexpr char kSummary[] =
    "Owns rooms, participants, hosts, names, media state and participants' keys; serves them as the gRPC "
    "service "
    "parley.room.v1.RoomService.";

/// Serves until a stop signal; returns the exit code. Throws std::exception when it can't listen.
int Serve(const RoomConfig& config, StopSignal& stop_signal) {
  rpc::LimitGrpcThreads(config.grpc_threads);
  const SystemClock clock;
  RandomIdSource ids;
  auto store = storage::OpenStore(config.store, kProgram, clock);
  if (!store.ok()) {
    log::Error("the store can't be opened", {{"cause", std::string(store.status().message())}});
    return EXIT_FAILURE;
  }
  TimerQueue timers(clock);
  RoomApplication application(**store, clock, ids, timers,
                              {.join_timeout = config.join_timeout,
                               .max_participants = config.max_participants,
                               .reconnect_grace = config.reconnect_grace,
                               .edge_lease = config.edge_lease});
  if (const absl::Status status = application.Start(); !status.ok()) {
    log::Error("rooms can't be loaded", {{"cause", status.ToString()}});
    return EXIT_FAILURE;
  }

  RoomRpc service(application);
  const std::string& host = config.process.host;
  rpc::GrpcServer server(config::Address(host, config.port), {&service},
                         rpc::MakeServerCredentials(config.grpc_tls));
  server.ReportServing(v1::RoomService::service_full_name());
  // Later than gRPC: a probe that asks here is told of both.
  const metrics::MetricsServer metrics_server(host, config.metrics_port);
  config::AnnounceListening("grpc", config::Address(host, server.port()));
  config::AnnounceListening("metrics", config::Address(host, metrics_server.port()));

  const int signal = stop_signal.Wait();
  log::Info("stopping", {{"signal", signal}});
  server.StopServing();
  service.StopStreams();
  server.Shutdown(config.process.shutdown_timeout);
  // What is under way still needs the application.
  timers.Stop();
  store->reset();
  log::Info("stopped");
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  DisableDeadlockDetection();
  StopSignal stop_signal;
  config::Problems problems;
  if (!config::ParseFlags(kProgram, kSummary, argc, argv, problems)) return EXIT_SUCCESS;
  const RoomConfig config = ReadRoomConfig(problems);
  if (!problems.empty()) {
    config::Report(kProgram, problems);
    return config::kExitUsage;
  }
  config::Apply(kProgram, config.process);
  try {
    return Serve(config, stop_signal);
  } catch (const std::exception& error) {
    log::Error("can't serve", {{"cause", error.what()}});
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace parley::room

int main(int argc, char** argv) { return parley::room::Main(argc, argv); }
