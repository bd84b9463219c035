#include "edge/engineio/websocket_transport.h"

#include <utility>

#include "edge/engineio/payload.h"
#include "edge/engineio/session.h"
#include "edge/engineio/session_metrics.h"

namespace parley::engineio {
namespace {

CloseReason ReasonOf(websocket::CloseReason::Kind kind) {
  switch (kind) {
    case websocket::CloseReason::kProtocolError:
      return CloseReason::kTransportError;
    case websocket::CloseReason::kSlowConsumer:
      return CloseReason::kSlowConsumer;
    default:
      return CloseReason::kTransportClose;
  }
}

}  // namespace

void WebSocketTransport::Attach(std::shared_ptr<websocket::Connection> connection) {
  connection_ = std::move(connection);
}

void WebSocketTransport::Send(const websocket::SharedFrame& frame) {
  if (connection_ == nullptr) return;
  if (frame->binary() && base64_ && session_ != nullptr) {
    connection_->Send(websocket::Frame::Text(EncodeBase64(session_->protocol(), *frame)));
  } else {
    connection_->Send(frame);
  }
}

void WebSocketTransport::Close(std::uint16_t code) {
  session_ = nullptr;
  if (connection_ != nullptr) std::exchange(connection_, nullptr)->Close(code, "");
}

void WebSocketTransport::OnOpen() {
  if (session_ != nullptr) session_->OnTransportOpen(*this);
}

void WebSocketTransport::OnMessage(std::string_view payload, bool binary) {
  if (session_ != nullptr) session_->OnTransportFrame(*this, payload, binary);
}

void WebSocketTransport::OnClosed(websocket::CloseReason reason) {
  connection_ = nullptr;
  if (reason.kind == websocket::CloseReason::kProtocolError) CountWebSocketViolation(reason.code);
  if (session_ != nullptr) std::exchange(session_, nullptr)->OnTransportClosed(*this, ReasonOf(reason.kind));
}

}  // namespace parley::engineio
