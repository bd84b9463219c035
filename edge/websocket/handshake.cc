#include "edge/websocket/handshake.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>

namespace parley::websocket {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;

/// The layer below Beast's stream, which keeps what that writes. There is nothing to be read.
class ResponseSink {
 public:
  using executor_type = Executor;

  ResponseSink(const Executor& executor, std::string& response) : executor_(executor), response_(response) {}

  executor_type get_executor() { return executor_; }

  template <class ConstBuffers>
  std::size_t write_some(const ConstBuffers& buffers, error_code& ec) {
    ec = {};
    const std::size_t before = response_.size();
    response_ += beast::buffers_to_string(buffers);
    return response_.size() - before;
  }
  template <class ConstBuffers>
  std::size_t write_some(const ConstBuffers& buffers) {
    error_code ec;
    return write_some(buffers, ec);
  }
  template <class MutableBuffers>
  std::size_t read_some(const MutableBuffers&, error_code& ec) {
    ec = boost::asio::error::eof;
    return 0;
  }
  template <class MutableBuffers>
  std::size_t read_some(const MutableBuffers&) {
    throw boost::system::system_error(boost::asio::error::eof);
  }

 private:
  const Executor executor_;
  std::string& response_;
};

beast::websocket::permessage_deflate DeflateExtension() {
  beast::websocket::permessage_deflate extension;
  extension.server_enable = true;
  extension.server_no_context_takeover = true;
  return extension;
}

/// The subprotocol that the client prefers; empty if it names none, or none that could be answered.
beast::string_view FirstProtocol(const UpgradeRequest& request) {
  const beast::http::token_list offered(request[beast::http::field::sec_websocket_protocol]);
  return offered.begin() == offered.end() ? beast::string_view() : *offered.begin();
}

/// Whether the key is 16 bytes in base64, as RFC 6455 asks for.
bool HasSoundKey(const UpgradeRequest& request) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string_view key = request[beast::http::field::sec_websocket_key];
  return key.size() == 24 && key.find_first_not_of(kDigits) == 22 && key.ends_with("==");
}

/// Beast takes any key that is short enough, so that it is shown none in the place of one that isn't sound.
void Accept(beast::websocket::stream<ResponseSink>& stream, const UpgradeRequest& request, error_code& ec) {
  if (HasSoundKey(request)) {
    stream.accept(request, ec);
    return;
  }
  UpgradeRequest keyless = request;
  keyless.erase(beast::http::field::sec_websocket_key);
  stream.accept(keyless, ec);
}

}  // namespace

Handshake AnswerHandshake(const UpgradeRequest& request, bool deflate, const Executor& executor) {
  Handshake handshake;
  beast::websocket::stream<ResponseSink> stream(executor, handshake.response);
  if (deflate) stream.set_option(DeflateExtension());
  stream.set_option(beast::websocket::stream_base::decorator([&](beast::websocket::response_type& response) {
    namespace http = beast::http;
    response.set(http::field::server, "Parley");
    const auto protocol = FirstProtocol(request);
    const bool accepted = response.result() == http::status::switching_protocols;
    if (accepted && !protocol.empty()) response.set(http::field::sec_websocket_protocol, protocol);
    const auto agreed = response[http::field::sec_websocket_extensions];
    handshake.deflate = !agreed.empty();
    handshake.peer_inflates = handshake.deflate && agreed.find("server_max_window_bits") == agreed.npos;
  }));
  Accept(stream, request, handshake.error);
  return handshake;
}

}  // namespace parley::websocket
