#include "edge/server/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "edge/server/connection_registry.h"
#include "edge/server/listener.h"
#include "edge/server/server_state.h"

namespace parley::server {
namespace {

namespace net = boost::asio;

net::ip::tcp::endpoint Resolve(Worker& worker, const std::string& host, std::uint16_t port) {
  boost::system::error_code not_an_address;
  const net::ip::address address = net::ip::make_address(host, not_an_address);
  if (!not_an_address) return {address, port};
  net::ip::tcp::resolver resolver(worker.context());
  return resolver.resolve(host, std::to_string(port), net::ip::tcp::resolver::passive).begin()->endpoint();
}

}  // namespace

HttpServer::HttpServer(WorkerPool& pool, Limits limits, HttpHandler& handler, limits::Admission* admission)
    : pool_(pool),
      state_(std::shared_ptr<ServerState>(
          new ServerState{pool, limits, handler, admission, std::make_shared<ConnectionRegistry>(pool)})) {}

HttpServer::~HttpServer() { Close(); }

std::uint16_t HttpServer::Listen(const std::string& host, std::uint16_t port,
                                 std::shared_ptr<const TlsContext> tls) {
  Worker& worker = pool_.at(listeners_.size() % pool_.size());
  try {
    auto listener = std::make_shared<Listener>(state_, worker, Resolve(worker, host, port), std::move(tls));
    const std::uint16_t bound = listener->port();
    listener->Start();
    listeners_.push_back(std::move(listener));
    return bound;
  } catch (const boost::system::system_error& e) {
    throw boost::system::system_error(e.code(), "cannot listen on " + host + ":" + std::to_string(port));
  }
}

void HttpServer::StopAccepting() {
  Phase serving = Phase::kServing;
  state_->phase.compare_exchange_strong(serving, Phase::kDraining);
  for (const std::shared_ptr<Listener>& listener : listeners_) {
    pool_.RunOn(listener->worker(), [&listener] { listener->Close(); });
  }
  listeners_.clear();
}

std::size_t HttpServer::FinishRequests(std::chrono::steady_clock::time_point deadline) {
  StopAccepting();
  state_->phase = Phase::kFinishing;
  return state_->registry->FinishHttp(deadline);
}

void HttpServer::Close() {
  StopAccepting();
  state_->phase = Phase::kFinishing;
  state_->registry->Close();
}

std::size_t HttpServer::open_connections() const { return state_->registry->size(); }

}  // namespace parley::server
