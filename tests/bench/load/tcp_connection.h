#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/load/event_loop.h"

namespace parley::bench {

/// Where the server is, and from where it is spoken to.
struct Endpoint {
  sockaddr_in server{};
  /// A loopback address of ours, in network order; 0: the kernel picks one.
  in_addr_t source = 0;

  /// The server as "127.0.0.1:3000".
  std::string host;
};

/// Reads "127.0.0.1:3000"; throws Failure.
Endpoint ParseEndpoint(const std::string& text);

/// `endpoint` for the connection `number`, from 0: one source address has ports for some 28,000 of them.
Endpoint WithSource(Endpoint endpoint, std::size_t number);

/// A TCP connection that never blocks.
class TcpConnection final : public EventLoop::Handler {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    /// Returns how many of the bytes were used; the others are given again, with more behind them.
    virtual std::size_t OnBytes(std::string_view bytes) = 0;
    virtual void OnClosed(const std::string& reason) = 0;
  };

  /// Begins to connect; what is sent before that has happened waits. Throws Failure.
  TcpConnection(EventLoop& loop, const Endpoint& endpoint, Listener& listener);
  ~TcpConnection() override;
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  void Send(std::string_view bytes);

 private:
  void OnReady(std::uint32_t events) override;
  /// Reads what is there; `ending`: to the very end.
  void Read(bool ending);
  void Give(std::string_view bytes);
  void Flush();
  void Close(const std::string& reason);

  EventLoop& loop_;
  Listener& listener_;
  int descriptor_;
  bool connected_ = false;
  bool closed_ = false;
  std::string unsent_;
  std::string unread_;
};

}  // namespace parley::bench
