#include "edge/engineio/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

#include "edge/engineio/query.h"
#include "edge/engineio/session.h"
#include "edge/engineio/token.h"
#include "edge/engineio/websocket_transport.h"

namespace parley::engineio {
namespace {

namespace net = boost::asio;
namespace http = server::http;

constexpr std::uint16_t kNormalClosure = 1000;

std::optional<std::string> SidOf(const server::Request& request) {
  return FindParameter(server::ParseTarget(request.target()).query, "sid");
}

/// Nullopt: neither of the two versions. Clients that don't say speak the older one.
std::optional<Protocol> ParseProtocol(const std::optional<std::string>& eio) {
  if (!eio.has_value() || *eio == "3") return Protocol::kV3;
  if (*eio == "4") return Protocol::kV4;
  return std::nullopt;
}

std::vector<std::unique_ptr<Registry>> MakeRegistries(std::size_t count) {
  std::vector<std::unique_ptr<Registry>> registries;
  for (std::size_t i = 0; i < count; ++i) registries.push_back(std::make_unique<Registry>());
  return registries;
}

}  // namespace

struct Server::Parameters {
  explicit Parameters(std::string_view query)
      : transport(FindParameter(query, "transport").value_or("")),
        sid(FindParameter(query, "sid").value_or("")),
        protocol(ParseProtocol(FindParameter(query, "EIO"))),
        base64(!FindParameter(query, "b64").value_or("").empty()),
        jsonp(FindParameter(query, "j")) {}

  std::string transport;
  std::string sid;
  std::optional<Protocol> protocol;
  bool base64;
  std::optional<std::string> jsonp;
};

Server::Server(server::WorkerPool& workers, HandlerFactory& factory, Options options)
    : workers_(workers),
      factory_(factory),
      options_(std::move(options)),
      cors_(options_.cors_origins),
      registries_(MakeRegistries(workers.size())) {}

Server::~Server() = default;

bool Server::Owns(std::string_view path) const {
  return path.substr(0, options_.path.size()) == options_.path;
}

std::optional<std::size_t> Server::WorkerFor(const server::Request& request) const {
  const std::optional<std::string> sid = SidOf(request);
  const std::optional<std::size_t> worker = sid.has_value() ? WorkerOf(*sid) : std::nullopt;
  return worker.has_value() && *worker < workers_.size() ? worker : std::nullopt;
}

std::optional<std::size_t> Server::MaxBodyBytes(const server::Request& /*header*/) const {
  return options_.max_http_buffer_size;
}

std::function<void(server::BodyEnd)> Server::BodyBegins(const server::Request& header) const {
  const std::optional<std::size_t> worker = WorkerFor(header);
  if (header.method() != http::verb::post || !worker.has_value()) return nullptr;
  // The request may be read on another worker than its session's. What is dispatched here runs there before
  // the request is handled, and at once when it is the same one.
  const auto tell = [this, index = *worker, sid = *SidOf(header)](auto notify) {
    boost::asio::dispatch(workers_.at(index).executor(), [this, index, sid, notify] {
      if (const std::shared_ptr<Session> session = registries_[index]->Find(sid)) notify(*session);
    });
  };
  tell([](Session& session) { session.OnPostBegins(); });
  return [tell](server::BodyEnd end) { tell([end](Session& session) { session.OnPostEnds(end); }); };
}

void Server::PrepareRefusal(const server::Request& header, server::Response& refusal) const {
  cors_.Apply(header, refusal);
}

void Server::Handle(std::shared_ptr<server::Exchange> exchange) {
  if (exchange->request().method() == http::verb::options) {
    exchange->Respond(cors_.Preflight(exchange->request()));
    return;
  }
  const Parameters parameters(exchange->query());
  if (parameters.transport != "polling" && parameters.transport != "websocket") {
    Refuse(*exchange, ErrorCode::kUnknownTransport);
  } else if (!parameters.sid.empty()) {
    HandleSession(parameters, std::move(exchange));
  } else {
    HandleHandshake(parameters, std::move(exchange));
  }
}

std::shared_ptr<Session> Server::FindSession(server::Worker& worker, const std::string& sid) {
  Registry& registry = *registries_.at(worker.index());
  if (const std::shared_ptr<Session> session = registry.Find(sid)) session->CatchUp(Session::Clock::now());
  return registry.Find(sid);
}

void Server::HandleSession(const Parameters& parameters, std::shared_ptr<server::Exchange> exchange) {
  const std::shared_ptr<Session> session = FindSession(exchange->worker(), parameters.sid);
  if (session == nullptr) return Refuse(*exchange, ErrorCode::kUnknownSid);
  if (parameters.protocol != session->protocol()) return Refuse(*exchange, ErrorCode::kBadRequest);
  const bool websocket = parameters.transport == "websocket";
  if (exchange->is_upgrade() != websocket) return Refuse(*exchange, ErrorCode::kBadRequest);
  if (websocket) return AcceptProbe(parameters, *session, *exchange);
  if (session->over_websocket()) return Refuse(*exchange, ErrorCode::kBadRequest);
  switch (exchange->request().method()) {
    case http::verb::get:
      return session->OnPoll(std::move(exchange));
    case http::verb::post:
      return session->OnPost(std::move(exchange));
    default:
      return Refuse(*exchange, ErrorCode::kBadRequest);
  }
}

void Server::HandleHandshake(const Parameters& parameters, std::shared_ptr<server::Exchange> exchange) {
  if (exchange->request().method() != http::verb::get)
    return Refuse(*exchange, ErrorCode::kBadHandshakeMethod);
  const bool websocket = parameters.transport == "websocket";
  if (exchange->is_upgrade() != websocket) return Refuse(*exchange, ErrorCode::kBadRequest);
  if (!parameters.protocol.has_value()) return Refuse(*exchange, ErrorCode::kUnsupportedProtocolVersion);
  if (shutting_down_) return RefuseShuttingDown(*exchange);
  limits::Permit permit;
  if (!Admit(*exchange, websocket, permit)) return;
  const std::shared_ptr<Session> session = MakeSession(parameters, *exchange);
  std::shared_ptr<Handler> handler = factory_.CreateHandler(*session, exchange->query());
  if (!websocket) {
    PollingTransport transport(session->protocol(), parameters.base64, parameters.jsonp,
                               options_.http_compression, cors_);
    session->OpenPolling(std::move(transport), std::move(permit), std::move(exchange), std::move(handler));
    return;
  }
  auto transport = std::make_shared<WebSocketTransport>(session.get(), parameters.base64);
  session->OpenWebSocket(transport, std::move(handler));
  Accept(*exchange, transport);
}

bool Server::Admit(server::Exchange& exchange, bool websocket, limits::Permit& permit) const {
  if (options_.admission == nullptr) return true;
  std::optional<limits::Limit> limit = options_.admission->AdmitHandshake(exchange.remote_address());
  if (!limit && !websocket) {
    limits::Admitted admitted = options_.admission->AdmitPollingSession(exchange.remote_address());
    permit = std::move(admitted.permit);
    limit = admitted.refused_by;
  }
  if (limit) Refuse(exchange, *limit);
  return !limit;
}

std::shared_ptr<Session> Server::MakeSession(const Parameters& parameters, const server::Exchange& exchange) {
  server::Worker& worker = exchange.worker();
  Registry& registry = *registries_.at(worker.index());
  auto session = std::make_shared<Session>(Session::Handshake{.sid = MakeSid(worker.index()),
                                                              .protocol = *parameters.protocol,
                                                              .remote_address = exchange.remote_address(),
                                                              .time = Session::Clock::now()},
                                           worker, registry, options_);
  registry.Insert(session);
  return session;
}

void Server::AcceptProbe(const Parameters& parameters, Session& session, server::Exchange& exchange) {
  auto transport = std::make_shared<WebSocketTransport>(&session, parameters.base64);
  if (session.OnProbe(transport)) return Accept(exchange, transport);
  // There is a WebSocket already: the handshake succeeds, as with the reference, and nothing comes of it.
  transport = std::make_shared<WebSocketTransport>(nullptr, false);
  Accept(exchange, transport);
  transport->Close(kNormalClosure);
}

void Server::Accept(server::Exchange& exchange, const std::shared_ptr<WebSocketTransport>& transport) const {
  websocket::Options options;
  options.max_message_bytes = options_.max_http_buffer_size;
  options.max_queued_bytes = options_.max_queued_bytes;
  options.queue_budget = options_.queue_budget;
  options.deflate = options_.per_message_deflate;
  if (auto connection = exchange.AcceptWebSocket(transport, options)) {
    transport->Attach(std::move(connection));
  } else {
    transport->OnClosed({.kind = websocket::CloseReason::kTransportError, .code = 0, .text = {}});
  }
}

void Server::Refuse(server::Exchange& exchange, ErrorCode code) const {
  server::Response response = MakeError(code, exchange.is_upgrade());
  cors_.Apply(exchange.request(), response);
  exchange.Respond(std::move(response));
}

void Server::Refuse(server::Exchange& exchange, limits::Limit limit) const {
  server::Response response = server::MakeRefusal(limit);
  if (exchange.is_upgrade()) response.keep_alive(false);
  cors_.Apply(exchange.request(), response);
  exchange.Respond(std::move(response));
}

void Server::RefuseShuttingDown(server::Exchange& exchange) const {
  server::Response response = MakeError(ErrorCode::kForbidden, exchange.is_upgrade());
  response.result(http::status::service_unavailable);
  response.set(http::field::retry_after, "1");
  cors_.Apply(exchange.request(), response);
  exchange.Respond(std::move(response));
}

std::size_t Server::session_count() const {
  std::size_t count = 0;
  for (const auto& registry : registries_) count += registry->size();
  return count;
}

void Server::Shutdown(std::function<void()> done, std::chrono::milliseconds spread) {
  shutting_down_ = true;
  struct Shared {
    std::atomic<std::size_t> remaining;
    std::function<void()> done;
  };
  const auto shared = std::make_shared<Shared>(workers_.size(), std::move(done));
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    net::co_spawn(workers_.at(i).executor(), EndSessions(workers_.at(i), spread),
                  [shared](const std::exception_ptr& failure) {
                    if (failure) std::rethrow_exception(failure);
                    if (shared->remaining.fetch_sub(1) == 1) shared->done();
                  });
  }
}

net::awaitable<void> Server::EndSessions(server::Worker& worker, std::chrono::milliseconds spread) {
  std::vector<std::weak_ptr<Session>> sessions;
  for (const auto& session : registries_[worker.index()]->All()) sessions.push_back(session);
  const Session::Clock::time_point begin = Session::Clock::now();
  const auto count = static_cast<std::int64_t>(sessions.size());
  server::Timer timer(worker.executor());
  for (std::int64_t i = 0; i < count; ++i) {
    const Session::Clock::time_point turn = begin + std::chrono::nanoseconds(spread) * i / count;
    if (turn > Session::Clock::now()) {
      timer.expires_at(turn);
      co_await timer.async_wait(net::use_awaitable);
    }
    if (const std::shared_ptr<Session> session = sessions[static_cast<std::size_t>(i)].lock())
      session->Shutdown();
  }
}

}  // namespace parley::engineio
