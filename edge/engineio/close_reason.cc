#include "edge/engineio/close_reason.h"

namespace parley::engineio {

std::string_view ToString(CloseReason reason) {
  switch (reason) {
    case CloseReason::kTransportClose:
      return "transport close";
    case CloseReason::kTransportError:
      return "transport error";
    case CloseReason::kPingTimeout:
      return "ping timeout";
    case CloseReason::kParseError:
      return "parse error";
    case CloseReason::kForcedClose:
      return "forced close";
    case CloseReason::kSlowConsumer:
      return "slow consumer";
    case CloseReason::kServerShutdown:
      return "server shutting down";
  }
  return "";
}

}  // namespace parley::engineio
