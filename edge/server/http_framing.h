#pragma once

#include "edge/server/http.h"

namespace parley::server {

/// Whether a parsed header says unmistakably where the message ends. A header with both Content-Length and
/// Transfer-Encoding, or with a coding other than chunked, might be read differently by a proxy in front of
/// us.
bool HasSoundFraming(const Request& header);

/// Whether a parsed header says once for which host it is, which only HTTP/1.0 may leave out. Of two hosts a
/// proxy in front of us might have gone by the other one.
bool NamesOneHost(const Request& header);

/// Whether the client waits for "100 Continue" before it sends the body.
bool ExpectsContinue(const Request& header);

/// Gives a response the headers that depend on the connection: version, Content-Length, Date, Connection. The
/// connection goes on after it if the client, the response and the server (`may_keep_alive`) all want that;
/// returns whether.
bool Finalize(Response& response, const Request& request, bool may_keep_alive);

}  // namespace parley::server
