#include "edge/server/exchange.h"

#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>

#include "common/log/log.h"
#include "edge/server/pending_answer.h"

namespace parley::server {
Exchange::Exchange(std::shared_ptr<PendingAnswer> pending, Worker& worker)
    : pending_(std::move(pending)), worker_(worker), target_(ParseTarget(pending_->request.target())) {}

Exchange::~Exchange() {
  if (pending_->done() || pending_->aborted) return;
  pending_->dropped = true;
  pending_->Wake();
}

const Request& Exchange::request() const { return pending_->request; }

const std::string& Exchange::remote_address() const { return pending_->peer.address; }

bool Exchange::secure() const { return pending_->peer.secure; }

bool Exchange::is_upgrade() const { return boost::beast::websocket::is_upgrade(pending_->request); }

bool Exchange::aborted() const { return pending_->aborted; }

void Exchange::Respond(Response response) {
  if (pending_->aborted) return;
  if (pending_->done()) {
    log::Error("a request was answered twice", {{"path", target_.path}});
    return;
  }
  // It may hold the last reference to this exchange.
  const std::function<void()> released = std::exchange(pending_->on_aborted, nullptr);
  pending_->response = std::move(response);
  pending_->Wake();
}

void Exchange::OnAborted(std::function<void()> fn) {
  if (pending_->aborted) {
    fn();
  } else if (!pending_->done()) {
    pending_->on_aborted = std::move(fn);
    if (pending_->half_closed) pending_->Wake();
  }
}

std::shared_ptr<websocket::Connection> Exchange::AcceptWebSocket(std::shared_ptr<websocket::Handler> handler,
                                                                 websocket::Options options) {
  if (pending_->aborted) return nullptr;
  if (pending_->done()) {
    log::Error("a request was answered twice", {{"path", target_.path}});
    return nullptr;
  }
  const std::function<void()> released = std::exchange(pending_->on_aborted, nullptr);
  std::shared_ptr<websocket::Connection> connection =
      websocket::Connection::Create(worker_.executor(), std::move(handler), options);
  pending_->accepted = connection;
  pending_->Wake();
  return connection;
}

std::optional<std::size_t> HttpHandler::WorkerFor(const Request&) const { return std::nullopt; }

std::optional<std::size_t> HttpHandler::MaxBodyBytes(const Request&) const { return std::nullopt; }

bool HttpHandler::ServesBeyondLimits(const Request&) const { return false; }

std::function<void(BodyEnd)> HttpHandler::BodyBegins(const Request&) const { return nullptr; }

void HttpHandler::PrepareRefusal(const Request&, Response&) const {}

}  // namespace parley::server
