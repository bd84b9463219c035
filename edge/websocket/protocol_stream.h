#pragma once

#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>

#include "edge/websocket/outbox_stream.h"

namespace parley::websocket {

/// Beast's protocol engine: completes handshakes, puts messages together from frames, and answers control
/// frames. With permessage-deflate it is of another type than without, which is smaller. Beast only reads
/// compressed messages; what is sent is compressed once for all its recipients, see Frame::Deflated.
class ProtocolStream {
  template <bool kDeflate>
  using Beast = boost::beast::websocket::stream<OutboxStream, kDeflate>;
  using Variant = std::variant<Beast<false>, Beast<true>>;

  template <class Fn>
  decltype(auto) Visit(Fn&& fn) {
    return std::visit(std::forward<Fn>(fn), stream_);
  }

 public:
  /// `deflate`: the extension is agreed on with peers that offer it.
  ProtocolStream(bool deflate, std::size_t max_message_bytes, Socket socket, std::string read_ahead,
                 ProtocolSink& sink)
      : stream_(
            deflate
                ? Variant(std::in_place_type<Beast<true>>, std::move(socket), std::move(read_ahead), sink)
                : Variant(std::in_place_type<Beast<false>>, std::move(socket), std::move(read_ahead), sink)) {
    Visit([max_message_bytes](auto& stream) { stream.read_message_max(max_message_bytes); });
    if (deflate) std::get<Beast<true>>(stream_).set_option(Extension());
  }

  OutboxStream& next_layer() {
    return Visit([](auto& stream) -> OutboxStream& { return stream.next_layer(); });
  }

  /// Answers `request`, and calls `handler` with an error_code. `request` is valid until then.
  template <class Request, class Handler>
  void AsyncAccept(const Request& request, Handler handler) {
    Visit([&](auto& stream) {
      stream.set_option(boost::beast::websocket::stream_base::decorator(
          [this](boost::beast::websocket::response_type& response) { OnResponse(response); }));
      stream.async_accept(request, std::move(handler));
    });
  }

  /// Whether the peer takes compressed messages as we send them: with the whole window, and without context.
  bool peer_inflates() const { return peer_inflates_; }

  template <class Buffers, class Handler>
  void AsyncReadSome(const Buffers& buffers, Handler handler) {
    Visit([&](auto& stream) { stream.async_read_some(buffers, std::move(handler)); });
  }

  template <class Buffer>
  std::size_t ReadSizeHint(Buffer& buffer) {
    return Visit([&](auto& stream) { return stream.read_size_hint(buffer); });
  }

  bool is_message_done() {
    return Visit([](auto& stream) { return stream.is_message_done(); });
  }
  bool got_binary() {
    return Visit([](auto& stream) { return stream.got_binary(); });
  }
  const boost::beast::websocket::close_reason& reason() {
    return Visit([](auto& stream) -> const auto& { return stream.reason(); });
  }

 private:
  static boost::beast::websocket::permessage_deflate Extension() {
    boost::beast::websocket::permessage_deflate extension;
    extension.server_enable = true;
    extension.server_no_context_takeover = true;
    return extension;
  }

  void OnResponse(boost::beast::websocket::response_type& response) {
    namespace http = boost::beast::http;
    response.set(http::field::server, "Parley");
    const auto agreed = response[http::field::sec_websocket_extensions];
    peer_inflates_ = !agreed.empty() && agreed.find("server_max_window_bits") == agreed.npos;
  }

  Variant stream_;
  bool peer_inflates_ = false;
};

}  // namespace parley::websocket
