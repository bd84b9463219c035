#include "edge/edge_config.h"

#include <algorithm>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"

ABSL_FLAG(int, port, 3000, "Port for Socket.IO, REST, /healthz, /readyz and /metrics; 0 takes a free one.");
ABSL_FLAG(std::string, tls_certificate, "",
          "PEM file with the certificate and its chain; with it the port speaks HTTPS. Read anew on SIGHUP.");
ABSL_FLAG(std::string, tls_key, "",
          "PEM file with the certificate's key, not encrypted. Read anew on SIGHUP.");
ABSL_FLAG(int, workers, 0, "Threads that serve sockets; 0 takes one for each core.");
ABSL_FLAG(std::string, room_service_address, "127.0.0.1:50051", "HOST:PORT of room-service.");
ABSL_FLAG(std::string, messaging_service_address, "127.0.0.1:50052", "HOST:PORT of messaging-service.");
ABSL_FLAG(absl::Duration, rpc_timeout, absl::Seconds(5),
          "How long a call of a service may take before the client is refused with 503.");
ABSL_FLAG(int, max_http_buffer_size, 1'000'000,
          "The largest Socket.IO packet and the largest HTTP body that are taken, in bytes.");
ABSL_FLAG(int, max_socket_queue_size, 4'000'000,
          "What may wait for a client to be read, in bytes; a client that lets more pile up is closed.");
ABSL_FLAG(int, max_json_depth, 32, "How deep JSON from clients may be nested.");
ABSL_FLAG(bool, http_compression, true, "Whether long answers to polling clients are compressed.");
ABSL_FLAG(
    bool, per_message_deflate, false,
    "Whether WebSocket messages are compressed with clients that offer it; costs memory for each of them.");
ABSL_FLAG(
    std::string, cookie, "",
    "Name of a cookie that a polling client is given with its session's id, for load balancers that go by "
    "it; none when empty.");
ABSL_FLAG(absl::Duration, header_timeout, absl::Seconds(10),
          "How long the header of an HTTP request may take to arrive.");
ABSL_FLAG(absl::Duration, body_timeout, absl::Seconds(20),
          "How long the body of an HTTP request may take to arrive.");
ABSL_FLAG(absl::Duration, ping_interval, absl::Seconds(25), "How often Engine.IO's heartbeat beats.");
ABSL_FLAG(absl::Duration, ping_timeout, absl::Seconds(20),
          "How late a heartbeat may be before the client is given up.");
ABSL_FLAG(absl::Duration, upgrade_timeout, absl::Seconds(10),
          "How long an upgrade from polling to WebSocket may take before it is given up.");
ABSL_FLAG(absl::Duration, connect_timeout, absl::Seconds(45),
          "How long a client may take to connect to the Socket.IO namespace before it is closed.");
ABSL_FLAG(absl::Duration, reconnect_grace, absl::Seconds(10),
          "How long a client whose connection broke may come back as who it was; 0 lets nobody.");
ABSL_FLAG(
    absl::Duration, drain_time, absl::Seconds(3),
    "After SIGTERM, clients are sent away one after another, evenly over this time; 0 sends all at once. "
    "Must be shorter than --shutdown-timeout.");
ABSL_FLAG(std::string, cors_origins, "*",
          "Origins of web pages that may call, separated by commas, such as https://app.example; * allows "
          "every page, "
          "but only listed ones with credentials.");

namespace parley::edge {
namespace {

std::chrono::milliseconds ReadDuration(config::Problems& problems, const char* flag, absl::Duration value) {
  if (value < absl::Milliseconds(1) || value > absl::Hours(24)) {
    problems.Add(flag, "must be from 1ms to 24h, not " + absl::FormatDuration(value));
  }
  return absl::ToChronoMilliseconds(value);
}

std::chrono::milliseconds ReadDurationOrZero(config::Problems& problems, const char* flag,
                                             absl::Duration value) {
  return value == absl::ZeroDuration() ? std::chrono::milliseconds(0) : ReadDuration(problems, flag, value);
}

std::chrono::milliseconds ReadDrainTime(config::Problems& problems,
                                        std::chrono::milliseconds shutdown_timeout) {
  const absl::Duration value = absl::GetFlag(FLAGS_drain_time);
  const std::chrono::milliseconds drain_time = ReadDurationOrZero(problems, "drain_time", value);
  if (drain_time.count() > 0 && drain_time >= shutdown_timeout) {
    problems.Add("drain_time", "must be shorter than --shutdown-timeout, " +
                                   absl::FormatDuration(absl::FromChrono(shutdown_timeout)) + ", not " +
                                   absl::FormatDuration(value));
  }
  return drain_time;
}

std::string ReadCookie(config::Problems& problems, const std::string& name) {
  // RFC 6265: a token.
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(c) || absl::StrContains("!#$%&'*+-.^_`|~", c);
  };
  if (!std::all_of(name.begin(), name.end(), allowed)) {
    problems.Add("cookie",
                 "must be a name such as io, of letters, digits and !#$%&'*+-.^_`|~, not \"" + name + "\"");
  }
  return name;
}

std::vector<std::string> ReadOrigins(config::Problems& problems, const std::string& list) {
  std::vector<std::string> origins;
  for (const absl::string_view part : absl::StrSplit(list, ',', absl::SkipWhitespace())) {
    // As browsers send it: a page's origin is compared with it as it is.
    std::string origin = absl::AsciiStrToLower(absl::StripAsciiWhitespace(part));
    const std::size_t scheme = origin.find("://");
    const bool bare =
        scheme != std::string::npos && origin.find_first_of("/*", scheme + 3) == std::string::npos;
    const bool default_port = (origin.starts_with("https://") && origin.ends_with(":443")) ||
                              (origin.starts_with("http://") && origin.ends_with(":80"));
    if (origin != "*" && (!bare || default_port)) {
      problems.Add("cors_origins",
                   "must list whole origins as browsers send them, such as https://app.example, not \"" +
                       origin + "\"");
    }
    origins.push_back(std::move(origin));
  }
  return origins;
}

std::shared_ptr<server::TlsContext> ReadTls(config::Problems& problems) {
  const std::string certificate = absl::GetFlag(FLAGS_tls_certificate);
  const std::string key = absl::GetFlag(FLAGS_tls_key);
  if (certificate.empty() && key.empty()) return nullptr;
  if (certificate.empty())
    problems.Add("tls_certificate", "must be given too, with the certificate of --tls-key");
  if (key.empty()) problems.Add("tls_key", "must be given too, with the key of --tls-certificate");
  if (certificate.empty() || key.empty()) return nullptr;
  try {
    return std::make_shared<server::TlsContext>(certificate, key);
  } catch (const server::TlsError& error) {
    problems.AddText(absl::StrCat("--tls-certificate and --tls-key: ", error.what()));
    return nullptr;
  }
}

}  // namespace

EdgeConfig ReadEdgeConfig(config::Problems& problems) {
  EdgeConfig config;
  config.process = config::ReadProcessConfig(problems);
  problems.RequireRange("port", absl::GetFlag(FLAGS_port), 0, 65535);
  config.port = static_cast<std::uint16_t>(absl::GetFlag(FLAGS_port));
  config.tls = ReadTls(problems);
  problems.RequireRange("workers", absl::GetFlag(FLAGS_workers), 0, 1024);
  config.workers = static_cast<std::size_t>(absl::GetFlag(FLAGS_workers));
  config.grpc_tls = rpc::ReadTlsConfig(problems, {.calls = true});
  config.grpc_threads = rpc::ReadGrpcThreads(problems);
  config.room_service_address = absl::GetFlag(FLAGS_room_service_address);
  problems.RequireAddress("room_service_address", config.room_service_address);
  config.messaging_service_address = absl::GetFlag(FLAGS_messaging_service_address);
  problems.RequireAddress("messaging_service_address", config.messaging_service_address);
  problems.RequireRange("max_http_buffer_size", absl::GetFlag(FLAGS_max_http_buffer_size), 1024, 1 << 30);
  config.max_http_buffer_size = static_cast<std::size_t>(absl::GetFlag(FLAGS_max_http_buffer_size));
  problems.RequireRange("max_socket_queue_size", absl::GetFlag(FLAGS_max_socket_queue_size), 65536, 1 << 30);
  config.max_socket_queue_size = static_cast<std::size_t>(absl::GetFlag(FLAGS_max_socket_queue_size));
  problems.RequireRange("max_json_depth", absl::GetFlag(FLAGS_max_json_depth), 4, 1000);
  config.max_json_depth = static_cast<std::size_t>(absl::GetFlag(FLAGS_max_json_depth));
  config.http_compression = absl::GetFlag(FLAGS_http_compression);
  config.per_message_deflate = absl::GetFlag(FLAGS_per_message_deflate);
  config.cookie = ReadCookie(problems, absl::GetFlag(FLAGS_cookie));
  config.rpc_timeout = ReadDuration(problems, "rpc_timeout", absl::GetFlag(FLAGS_rpc_timeout));
  config.header_timeout = ReadDuration(problems, "header_timeout", absl::GetFlag(FLAGS_header_timeout));
  config.body_timeout = ReadDuration(problems, "body_timeout", absl::GetFlag(FLAGS_body_timeout));
  config.ping_interval = ReadDuration(problems, "ping_interval", absl::GetFlag(FLAGS_ping_interval));
  config.ping_timeout = ReadDuration(problems, "ping_timeout", absl::GetFlag(FLAGS_ping_timeout));
  config.upgrade_timeout = ReadDuration(problems, "upgrade_timeout", absl::GetFlag(FLAGS_upgrade_timeout));
  config.connect_timeout = ReadDuration(problems, "connect_timeout", absl::GetFlag(FLAGS_connect_timeout));
  config.reconnect_grace =
      ReadDurationOrZero(problems, "reconnect_grace", absl::GetFlag(FLAGS_reconnect_grace));
  config.drain_time = ReadDrainTime(problems, config.process.shutdown_timeout);
  config.cors_origins = ReadOrigins(problems, absl::GetFlag(FLAGS_cors_origins));
  config.limits = ReadLimitConfig(problems);
  return config;
}

}  // namespace parley::edge
