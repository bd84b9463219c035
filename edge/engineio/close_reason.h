#pragma once

#include <string_view>

namespace parley::engineio {

/// Why a session is over.
enum class CloseReason {
  kTransportClose,  // the client closed, or its connection ended
  kTransportError,  // the client broke the transport's rules, or a poll was cut off
  kPingTimeout,
  kParseError,    // the client sent what is no packet
  kForcedClose,   // Session::Close
  kSlowConsumer,  // more would have waited for the client than Options allows
  kServerShutdown,
};

/// The reference's word for it, where it has one.
std::string_view ToString(CloseReason reason);

}  // namespace parley::engineio
