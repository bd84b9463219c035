// A Socket.IO server that says back what it hears, for conformance suites and clients to talk to, in the
// namespaces "/" and "/custom". It answers the events that the published suites send:
// - "message": emits "message-back" with the arguments
// - "message-with-ack": answers with the arguments
// - "emit-with-ack": emits the same and wants an answer, which it emits under the same name
// A client is told with "auth" what it presented when it connected. A few more show the rest of the library:
// - "ask-me": emits "question" with the arguments and wants an answer, which it reports by "answered"
// - "disconnect-me" close: disconnects the client
// - "flood" n bytes: emits "flood" n times with so many bytes
// With --raw it is an Engine.IO server instead, which echoes messages.
#include <absl/flags/flag.h>
#include <absl/flags/parse.h>

#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "edge/engineio/server.h"
#include "edge/engineio/session.h"
#include "edge/server/http_server.h"
#include "edge/server/tls_context.h"
#include "edge/server/worker.h"
#include "edge/socketio/server.h"
#include "edge/socketio/socket.h"

ABSL_FLAG(std::string, host, "127.0.0.1", "address to listen at");
ABSL_FLAG(std::uint16_t, port, 3000, "port to listen at; 0 takes a free one");
ABSL_FLAG(std::string, tls_certificate, "", "PEM file; with it and its key the server speaks HTTPS");
ABSL_FLAG(std::string, tls_key, "", "PEM file with the certificate's key");
ABSL_FLAG(std::size_t, workers, 2, "number of worker threads; 0: one per core");
ABSL_FLAG(int, ping_interval_ms, 300, "the official suites expect this default");
ABSL_FLAG(int, ping_timeout_ms, 200, "the official suites expect this default");
ABSL_FLAG(int, connect_timeout_ms, 1000, "time for a client to connect to the namespace");
ABSL_FLAG(int, upgrade_timeout_ms, 10000, "time for a WebSocket to take over");
ABSL_FLAG(int, reconnect_grace_ms, 10000, "time for a client that asks for it to come back");
ABSL_FLAG(bool, http_compression, true, "compress long answers to polls");
ABSL_FLAG(bool, per_message_deflate, false, "compress WebSocket messages");
ABSL_FLAG(std::string, cookie, "", "name of the cookie of a polling handshake");
ABSL_FLAG(bool, raw, false, "speak Engine.IO at /engine.io/ instead of Socket.IO at /socket.io/");

namespace parley {
namespace {

using nlohmann::json;

/// Engine.IO: every message goes back.
class EchoSession final : public engineio::Handler {
 public:
  explicit EchoSession(engineio::Session& session) : session_(session) {}

  void OnOpen() override {}
  void OnMessage(std::string_view text) override { session_.Send(engineio::Message::Text(text)); }
  void OnBinary(std::string_view bytes) override { session_.Send(engineio::Message::Binary(bytes)); }
  void OnClose(engineio::CloseReason reason) override {
    std::fprintf(stderr, "closed: %s\n", std::string(ToString(reason)).c_str());
  }

 private:
  engineio::Session& session_;
};

class EchoFactory final : public engineio::HandlerFactory {
 public:
  std::shared_ptr<engineio::Handler> CreateHandler(engineio::Session& session,
                                                   std::string_view /*query*/) override {
    return std::make_shared<EchoSession>(session);
  }
};

/// Socket.IO: what the official suite's own server does, and more.
class EchoSocket final : public socketio::SocketHandler {
 public:
  explicit EchoSocket(std::shared_ptr<socketio::Socket> socket) : socket_(std::move(socket)) {}

  void OnEvent(socketio::Event event) override {
    if (event.name == "message") {
      socket_->Emit("message-back", event.args);
    } else if (event.name == "message-with-ack") {
      if (event.ack) event.ack(event.args);
    } else if (event.name == "emit-with-ack") {
      socket_->EmitWithAck(event.name, event.args,
                           [socket = socket_](const json& args) { socket->Emit("emit-with-ack", args); });
    } else if (event.name == "ask-me") {
      socket_->EmitWithAck("question", event.args,
                           [socket = socket_](const json& args) { socket->Emit("answered", args); });
    } else if (event.name == "disconnect-me") {
      socket_->Disconnect(!event.args.empty() && event.args[0] == true);
    } else if (event.name == "flood" && event.args.size() == 2) {
      const socketio::SharedEvent flood =
          socketio::EncodeEvent("flood", json::array({std::string(event.args[1].get<std::size_t>(), 'x')}));
      for (int i = 0; i < event.args[0].get<int>(); ++i) socket_->Emit(flood);
    } else if (event.ack) {
      event.ack(json::array({event.name, static_cast<int>(event.defect)}));
    }
  }

  void OnDisconnect(std::string_view reason) override {
    std::fprintf(stderr, "disconnected: %s\n", std::string(reason).c_str());
  }

 private:
  const std::shared_ptr<socketio::Socket> socket_;
};

class EchoApplication final : public socketio::Application {
 public:
  std::shared_ptr<socketio::SocketHandler> OnConnect(std::shared_ptr<socketio::Socket> socket,
                                                     const json& auth) override {
    socket->Emit("auth", json::array({auth}));
    return std::make_shared<EchoSocket>(std::move(socket));
  }
};

int Main() {
  server::WorkerPool pool(absl::GetFlag(FLAGS_workers));
  socketio::Options options;
  options.connect_timeout = std::chrono::milliseconds(absl::GetFlag(FLAGS_connect_timeout_ms));
  options.reconnect_grace = std::chrono::milliseconds(absl::GetFlag(FLAGS_reconnect_grace_ms));
  options.engine.ping_interval = std::chrono::milliseconds(absl::GetFlag(FLAGS_ping_interval_ms));
  options.engine.ping_timeout = std::chrono::milliseconds(absl::GetFlag(FLAGS_ping_timeout_ms));
  options.engine.upgrade_timeout = std::chrono::milliseconds(absl::GetFlag(FLAGS_upgrade_timeout_ms));
  options.engine.http_compression = absl::GetFlag(FLAGS_http_compression);
  options.engine.per_message_deflate = absl::GetFlag(FLAGS_per_message_deflate);
  options.engine.cookie = absl::GetFlag(FLAGS_cookie);

  EchoApplication application;
  EchoFactory factory;
  std::unique_ptr<server::HttpHandler> handler;
  if (absl::GetFlag(FLAGS_raw)) {
    options.engine.path = "/engine.io/";
    handler = std::make_unique<engineio::Server>(pool, factory, options.engine);
  } else {
    auto sockets = std::make_unique<socketio::Server>(pool, application, options);
    sockets->AddNamespace("/custom", application);
    handler = std::move(sockets);
  }

  server::HttpServer http(pool, server::Limits(), *handler);
  std::shared_ptr<server::TlsContext> tls;
  if (const std::string certificate = absl::GetFlag(FLAGS_tls_certificate); !certificate.empty()) {
    tls = std::make_shared<server::TlsContext>(certificate, absl::GetFlag(FLAGS_tls_key));
  }
  const std::uint16_t port = http.Listen(absl::GetFlag(FLAGS_host), absl::GetFlag(FLAGS_port), tls);
  pool.Start();
  std::printf("listening %s %s:%d\n", tls != nullptr ? "https" : "http", absl::GetFlag(FLAGS_host).c_str(),
              port);
  std::fflush(stdout);

  boost::asio::io_context signals;
  boost::asio::signal_set set(signals, SIGINT, SIGTERM);
  set.async_wait([](const boost::system::error_code&, int) {});
  signals.run();
  http.Close();
  pool.Stop();
  return 0;
}

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return parley::Main();
}
