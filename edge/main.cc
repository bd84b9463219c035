#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <future>

#include "common/clock/timer_queue.h"
#include "common/config/flags.h"
#include "common/config/process_config.h"
#include "common/grpc/channel.h"
#include "common/grpc/tls_config.h"
#include "common/ids/ids.h"
#include "common/log/log.h"
#include "common/process/deadlock_detection.h"
#include "common/process/descriptor_limit.h"
#include "common/process/skip_teardown.h"
#include "common/process/stop_signal.h"
#include "edge/edge_config.h"
#include "edge/events/parley_application.h"
#include "edge/events/session_tracker.h"
#include "edge/front_door.h"
#include "edge/limits/admission.h"
#include "edge/limits/queue_budget.h"
#include "edge/rpc/completion_loop.h"
#include "edge/rpc/lease_keeper.h"
#include "edge/server/http_server.h"

namespace parley::edge {
namespace {

constexpr char kProgram[] = "edge";
constexpr char kSummary[] =
    "Parley's edge: serves Socket.IO and REST clients, and translates what they ask into calls of "
    "room-service and "
    "messaging-service.";

/// For all that is no client's connection, and for those who are told that there are too many.
constexpr std::size_t kOwnDescriptors = 500;

socketio::Options MakeSocketOptions(const EdgeConfig& config, limits::Admission& admission,
                                    limits::QueueBudget& queue_budget) {
  socketio::Options options;
  options.engine.ping_interval = config.ping_interval;
  options.engine.ping_timeout = config.ping_timeout;
  options.engine.upgrade_timeout = config.upgrade_timeout;
  options.engine.max_http_buffer_size = config.max_http_buffer_size;
  options.engine.max_queued_bytes = config.max_socket_queue_size;
  options.engine.http_compression = config.http_compression;
  options.engine.per_message_deflate = config.per_message_deflate;
  options.engine.cookie = config.cookie;
  options.engine.cors_origins = config.cors_origins;
  options.engine.admission = &admission;
  options.engine.queue_budget = &queue_budget;
  options.connect_timeout = config.connect_timeout;
  options.reconnect_grace = config.reconnect_grace;
  options.max_json_depth = config.max_json_depth;
  return options;
}

server::Limits MakeLimits(const EdgeConfig& config) {
  server::Limits limits;
  limits.header_timeout = config.header_timeout;
  limits.reserve_timeout = std::min(limits.reserve_timeout, config.header_timeout);
  limits.body_timeout = config.body_timeout;
  limits.max_body_bytes = config.max_http_buffer_size;
  return limits;
}

/// No more connections than there are descriptors for: who is over a limit is told so, and those whom the
/// kernel keeps for want of a descriptor aren't.
limits::Admission::Options MakeAdmissionOptions(const EdgeConfig& config) {
  limits::Admission::Options options = config.limits.admission;
  const std::size_t descriptors = RaiseDescriptorLimit();
  const std::size_t connections =
      (descriptors - std::min(descriptors, kOwnDescriptors)) / (config.tls != nullptr ? 3 : 1);
  if (options.max_connections == 0 || options.max_connections > connections) {
    options.max_connections = std::max<std::size_t>(connections, 1);
    log::Warning("there are descriptors for fewer connections than there may be",
                 {{"descriptors", descriptors}, {"connections", options.max_connections}});
  }
  return options;
}

void LogCertificate(const server::TlsContext& tls) {
  log::Info("the TLS certificate is loaded", {{"expires", tls.expires()}});
}

void ReloadCertificate(server::TlsContext& tls) {
  try {
    tls.Reload();
    LogCertificate(tls);
  } catch (const server::TlsError& error) {
    log::Error("the TLS certificate stays as it was: mend its files and send SIGHUP again",
               {{"cause", error.what()}, {"expires", tls.expires()}});
  }
}

/// Serves until the signal, then lets everybody go; returns the exit code.
int Serve(const EdgeConfig& config, StopSignal& stop) {
  const SystemClock clock;
  RandomIdSource ids;
  TimerQueue timers(clock);
  limits::Admission admission(MakeAdmissionOptions(config));
  limits::QueueBudget queue_budget(config.limits.max_queued_bytes);
  server::WorkerPool workers(config.workers);
  const auto credentials = rpc::MakeChannelCredentials(config.grpc_tls);
  CompletionLoop completions(config.grpc_threads);
  RoomClient rooms(rpc::MakeChannel(config.room_service_address, credentials), completions,
                   config.rpc_timeout, timers, clock);
  MessagingClient messages(rpc::MakeChannel(config.messaging_service_address, credentials), completions,
                           config.rpc_timeout, timers, clock);
  Broadcaster broadcaster(workers, rooms, messages);
  SessionTracker tracker;
  const std::string edge_id = ids.Uuid();
  ParleyApplication application(
      {rooms, messages, broadcaster, ids, edge_id, tracker, config.rpc_timeout, config.limits.event_rate});
  socketio::Server sockets(workers, application, MakeSocketOptions(config, admission, queue_budget));

  std::atomic<bool> stopping = false;
  RestApi rest(messages, ids,
               [&] {
                 return ReadinessReport{broadcaster.RoomWatchLive(), broadcaster.MessageWatchLive(),
                                        broadcaster.WorkersLive(), stopping};
               },
               {config.cors_origins, config.max_json_depth});
  FrontDoor door(sockets, rest);
  server::HttpServer http(workers, MakeLimits(config), door, &admission);
  boost::asio::co_spawn(workers.at(0).executor(), KeepLease(rooms, edge_id), boost::asio::detached);
  workers.Start();
  rooms.Start();
  messages.Start();
  std::uint16_t port = 0;
  try {
    port = http.Listen(config.process.host, config.port, config.tls);
  } catch (const std::exception& error) {
    log::Error("can't listen", {{"cause", error.what()}});
    SkipTeardown(EXIT_FAILURE);
    return EXIT_FAILURE;
  }
  config::AnnounceListening(config.tls != nullptr ? "https" : "http",
                            config::Address(config.process.host, port));

  const int signal = stop.Wait();
  log::Info("stopping", {{"signal", signal}, {"connections", http.open_connections()}});
  stopping = true;
  http.StopAccepting();
  std::promise<void> closed;
  sockets.Shutdown([&closed] { closed.set_value(); }, config.drain_time);
  const auto deadline = std::chrono::steady_clock::now() + config.process.shutdown_timeout;
  if (closed.get_future().wait_until(deadline) != std::future_status::ready) {
    log::Warning("clients cut off", {{"connections", http.open_connections()}});
  }
  const std::size_t requests = http.FinishRequests(deadline);
  if (requests > 0) log::Warning("requests cut off", {{"requests", requests}});
  const auto left_time = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
  const std::size_t sessions = tracker.AwaitNone(std::max(left_time, Duration::zero()));
  if (sessions > 0) log::Warning("sessions cut off", {{"sessions", sessions}});
  http.Close();
  rooms.Stop();
  messages.Stop();
  workers.Stop();
  log::Info("stopped");
  SkipTeardown(EXIT_SUCCESS);
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  DisableDeadlockDetection();
  StopSignal stop;
  config::Problems problems;
  if (!config::ParseFlags(kProgram, kSummary, argc, argv, problems)) return 0;
  const EdgeConfig config = ReadEdgeConfig(problems);
  if (!problems.empty()) {
    config::Report(kProgram, problems);
    return config::kExitUsage;
  }
  config::Apply(kProgram, config.process);
  if (config.tls != nullptr) {
    LogCertificate(*config.tls);
    stop.OnHangup([tls = config.tls] { ReloadCertificate(*tls); });
  }
  try {
    return Serve(config, stop);
  } catch (const std::exception& error) {
    log::Error("stopped by an error", {{"cause", error.what()}});
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace parley::edge

int main(int argc, char** argv) { return parley::edge::Main(argc, argv); }
