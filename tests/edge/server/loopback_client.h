#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "edge/server/http.h"

namespace parley::server {

/// A blocking TCP client for tests, which sends exactly the bytes it is told to. Reading gives up after a
/// time that no passing test comes near, and throws then.
class LoopbackClient {
 public:
  /// Connects to 127.0.0.1; throws std::system_error if that is refused. With `receive_buffer`, the kernel
  /// buffers about so many bytes for the client at most.
  explicit LoopbackClient(std::uint16_t port, std::optional<int> receive_buffer = std::nullopt);
  ~LoopbackClient();
  LoopbackClient(const LoopbackClient&) = delete;
  LoopbackClient& operator=(const LoopbackClient&) = delete;

  void Send(std::string_view bytes);

  /// Sends as much as the server takes before it closes.
  void SendUntilRefused(std::string_view bytes);

  /// The next response, which may be one of many in the stream. `head`: it answers a HEAD request.
  Response ReadResponse(bool head = false);

  /// The next `size` bytes.
  std::string Read(std::size_t size);

  /// Everything up to and including `end`.
  std::string ReadUntil(std::string_view end);

  /// Everything until the server closes its side, or resets the connection.
  std::string ReadToEnd();

  /// What came along with what was read.
  const std::string& unread() const { return unread_; }

  /// Ends the client's side; the server's may still be read.
  void CloseSending();

  /// Closes, as a client that ends in an orderly way; with `reset`, as one that crashes.
  void Close(bool reset = false);

 private:
  /// Whether more was read.
  bool Fill();

  int descriptor_;
  std::string unread_;
};

}  // namespace parley::server
