#include "tests/edge/server/loopback_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace parley::server {
namespace {

[[noreturn]] void ThrowErrno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

LoopbackClient::LoopbackClient(std::uint16_t port, std::optional<int> receive_buffer)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (descriptor_ < 0) ThrowErrno("socket");
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (receive_buffer) ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &*receive_buffer, sizeof(int));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int error = errno;
    Close();
    throw std::system_error(error, std::generic_category(), "connect");
  }
}

LoopbackClient::~LoopbackClient() { Close(); }

void LoopbackClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) ThrowErrno("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void LoopbackClient::SendUntilRefused(std::string_view bytes) {
  try {
    Send(bytes);
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::broken_pipe && e.code() != std::errc::connection_reset) throw;
  }
}

Response LoopbackClient::ReadResponse(bool head) {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.body_limit(boost::none);
  parser.skip(head);
  for (;;) {
    boost::system::error_code ec;
    const std::size_t parsed = parser.put(boost::asio::buffer(unread_), ec);
    unread_.erase(0, parsed);
    if (parser.is_done()) return parser.release();
    if (ec && ec != http::error::need_more) throw std::runtime_error("bad response: " + ec.message());
    if ((ec || unread_.empty()) && !Fill()) throw std::runtime_error("connection closed within a response");
  }
}

std::string LoopbackClient::Read(std::size_t size) {
  while (unread_.size() < size) {
    if (!Fill()) throw std::runtime_error("connection closed too early");
  }
  std::string bytes = unread_.substr(0, size);
  unread_.erase(0, size);
  return bytes;
}

std::string LoopbackClient::ReadUntil(std::string_view end) {
  std::size_t place;
  while ((place = unread_.find(end)) == std::string::npos) {
    if (!Fill()) throw std::runtime_error("connection closed too early");
  }
  return Read(place + end.size());
}

std::string LoopbackClient::ReadToEnd() {
  try {
    while (Fill()) continue;
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::connection_reset) throw;
  }
  return std::exchange(unread_, {});
}

void LoopbackClient::CloseSending() { ::shutdown(descriptor_, SHUT_WR); }

void LoopbackClient::Close(bool reset) {
  if (descriptor_ < 0) return;
  if (reset) {
    const linger abrupt{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &abrupt, sizeof(abrupt));
  }
  ::close(descriptor_);
  descriptor_ = -1;
}

bool LoopbackClient::Fill() {
  char bytes[65536];
  const ssize_t size = ::recv(descriptor_, bytes, sizeof(bytes), 0);
  if (size < 0) ThrowErrno("recv");
  unread_.append(bytes, static_cast<std::size_t>(size));
  return size > 0;
}

}  // namespace parley::server
