#include "tests/bench/load/tcp_connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "tests/bench/load/failure.h"

namespace parley::bench {
namespace {

constexpr std::size_t kConnectionsPerSource = 20'000;

/// Events after which no other one will tell that there is something to be read.
constexpr std::uint32_t kEnding = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

[[noreturn]] void FailWith(const char* what) {
  throw Failure(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

Endpoint ParseEndpoint(const std::string& text) {
  Endpoint endpoint;
  const std::size_t colon = text.find(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  endpoint.server.sin_family = AF_INET;
  endpoint.server.sin_port = htons(port);
  if (port == 0 || inet_pton(AF_INET, text.substr(0, colon).c_str(), &endpoint.server.sin_addr) != 1) {
    throw Failure("\"" + text + "\" is no IPv4 address with a port");
  }
  endpoint.host = text;
  return endpoint;
}

Endpoint WithSource(Endpoint endpoint, std::size_t number) {
  endpoint.source = htonl(INADDR_LOOPBACK + 1 + number / kConnectionsPerSource);
  return endpoint;
}

TcpConnection::TcpConnection(EventLoop& loop, const Endpoint& endpoint, Listener& listener)
    : loop_(loop),
      listener_(listener),
      descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  if (descriptor_ < 0) FailWith("socket");
  const int one = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (endpoint.source != 0) {
    setsockopt(descriptor_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = endpoint.source;
    if (bind(descriptor_, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) FailWith("bind");
  }
  const auto* server = reinterpret_cast<const sockaddr*>(&endpoint.server);
  if (connect(descriptor_, server, sizeof endpoint.server) != 0 && errno != EINPROGRESS) FailWith("connect");
  loop_.Add(descriptor_, *this, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

TcpConnection::~TcpConnection() { close(descriptor_); }

void TcpConnection::Send(std::string_view bytes) {
  if (closed_) return;
  if (connected_ && unsent_.empty()) {
    const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return Close(std::strerror(errno));
    if (sent > 0) bytes.remove_prefix(sent);
  }
  unsent_.append(bytes);
}

void TcpConnection::OnReady(std::uint32_t events) {
  if (events & (EPOLLIN | kEnding)) Read(events & kEnding);
  if (!closed_ && events & EPOLLOUT) Flush();
}

void TcpConnection::Read(bool ending) {
  std::vector<char>& buffer = loop_.scratch();
  while (!closed_) {
    const ssize_t read = recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (read < 0) {
      if (errno != EAGAIN) Close(std::strerror(errno));
      return;
    }
    if (read == 0) return Close("the server has closed the connection");
    loop_.MarkArrival();
    Give({buffer.data(), static_cast<std::size_t>(read)});
    // Nothing is left, and the loop tells of what comes next.
    if (!ending && static_cast<std::size_t>(read) < buffer.size()) return;
  }
}

void TcpConnection::Give(std::string_view bytes) {
  if (unread_.empty()) {
    unread_ = bytes.substr(listener_.OnBytes(bytes));
  } else {
    unread_.append(bytes);
    unread_.erase(0, listener_.OnBytes(unread_));
  }
}

void TcpConnection::Flush() {
  connected_ = true;
  while (!unsent_.empty()) {
    const ssize_t sent = send(descriptor_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) Close(std::strerror(errno));
      return;
    }
    unsent_.erase(0, sent);
  }
}

void TcpConnection::Close(const std::string& reason) {
  // The descriptor stays until the end, so that its number isn't given to another one meanwhile.
  shutdown(descriptor_, SHUT_RDWR);
  loop_.Modify(descriptor_, *this, EPOLLET);
  closed_ = true;
  listener_.OnClosed(reason);
}

}  // namespace parley::bench
