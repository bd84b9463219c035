#pragma once

#include <memory>
#include <string_view>

#include "edge/engineio/close_reason.h"

namespace parley::engineio {

class Session;

/// What a session tells the layer above. Worker thread only.
class Handler {
 public:
  virtual ~Handler() = default;

  /// The client has been told the session's id. From here to OnClose the session may be used.
  virtual void OnOpen() = 0;
  /// A text message, valid UTF-8. `text` is valid during the call only.
  virtual void OnMessage(std::string_view text) = 0;
  virtual void OnBinary(std::string_view bytes) = 0;
  /// The last call, once; the session lets go of the handler and must not be used any more. Never called from
  /// within Session::Send.
  virtual void OnClose(CloseReason reason) = 0;
};

/// Makes the handler of a new session. Called on the session's worker thread, several workers at once.
class HandlerFactory {
 public:
  virtual ~HandlerFactory() = default;

  /// `session` lives until the handler's OnClose has returned; `query` is that of the handshake, during the
  /// call.
  virtual std::shared_ptr<Handler> CreateHandler(Session& session, std::string_view query) = 0;
};

}  // namespace parley::engineio
