#include "edge/server/exchange.h"

#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>

#include "common/log/log.h"
#include "edge/server/pending_answer.h"

namespace parley::server {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        decoded.push_back(static_cast<char>(high << 4 | low));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

/// The path and query of a target, which a client of a proxy gives with scheme and host in front.
std::string_view OriginForm(std::string_view target) {
  if (target.starts_with('/')) return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const std::size_t path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

std::string_view TargetOf(const Request& request) {
  return OriginForm(std::string_view(request.target().data(), request.target().size()));
}

}  // namespace

Exchange::Exchange(std::shared_ptr<PendingAnswer> pending, Worker& worker)
    : pending_(std::move(pending)), worker_(worker) {
  const std::string_view target = TargetOf(pending_->request);
  path_ = PercentDecoded(target.substr(0, target.find('?')));
}

Exchange::~Exchange() {
  if (pending_->done() || pending_->aborted) return;
  pending_->dropped = true;
  pending_->Wake();
}

const Request& Exchange::request() const { return pending_->request; }

std::string_view Exchange::query() const {
  const std::string_view target = TargetOf(pending_->request);
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

const std::string& Exchange::remote_address() const { return pending_->peer.address; }

bool Exchange::secure() const { return pending_->peer.secure; }

bool Exchange::is_upgrade() const { return boost::beast::websocket::is_upgrade(pending_->request); }

bool Exchange::aborted() const { return pending_->aborted; }

void Exchange::Respond(Response response) {
  if (pending_->aborted) return;
  if (pending_->done()) {
    log::Error("a request was answered twice", {{"path", path_}});
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
  }
}

std::shared_ptr<websocket::Connection> Exchange::AcceptWebSocket(std::shared_ptr<websocket::Handler> handler,
                                                                 websocket::Options options) {
  if (pending_->aborted) return nullptr;
  if (pending_->done()) {
    log::Error("a request was answered twice", {{"path", path_}});
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

std::function<void(BodyEnd)> HttpHandler::BodyBegins(const Request&) const { return nullptr; }

void HttpHandler::PrepareRefusal(const Request&, Response&) const {}

}  // namespace parley::server
