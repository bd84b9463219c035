#pragma once

#include <memory>
#include <string_view>

#include "edge/websocket/connection.h"
#include "edge/websocket/frame.h"

namespace parley::engineio {

class Session;

/// A session's WebSocket, in use or being probed. Worker thread only.
class WebSocketTransport final : public websocket::Handler {
 public:
  /// Without a session, it ignores what the client says. `base64`: the client wants no binary frames.
  WebSocketTransport(Session* session, bool base64) : base64_(base64), session_(session) {}

  /// The connection that was made with this as its handler.
  void Attach(std::shared_ptr<websocket::Connection> connection);

  void Send(const websocket::SharedFrame& frame);

  /// Closes the connection after what is queued; the session hears nothing any more.
  void Close(std::uint16_t code);

  void OnOpen() override;
  void OnMessage(std::string_view payload, bool binary) override;
  void OnClosed(websocket::CloseReason reason) override;

 private:
  const bool base64_;
  Session* session_;  // outlives this, or has called Close
  std::shared_ptr<websocket::Connection> connection_;
};

}  // namespace parley::engineio
