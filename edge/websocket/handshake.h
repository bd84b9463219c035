#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/error_code.hpp>
#include <string>

#include "edge/websocket/socket.h"

namespace parley::websocket {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;

/// What an upgrade request comes to.
struct Handshake {
  /// What is to be sent, whether it is accepted or refused.
  std::string response;
  /// Why it is refused, if it is.
  boost::system::error_code error;
  /// permessage-deflate is agreed on: messages may come compressed.
  bool deflate = false;
  /// The peer takes compressed messages as we send them: with the whole window, and without context.
  bool peer_inflates = false;
};

/// Judges an upgrade request as RFC 6455 says. Subprotocols mean nothing here, but clients that offer some
/// insist that one is chosen: it is the first. `deflate`: permessage-deflate is agreed on with peers that
/// offer it.
Handshake AnswerHandshake(const UpgradeRequest& request, bool deflate, const Executor& executor);

}  // namespace parley::websocket
